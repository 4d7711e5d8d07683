"""Rows of tables, whatever they lie in: text with delimiters, JSON, Parquet, folders and names of `datasets`."""
