"""Clauses on what atoms, groups and rings bear, hold and how they stand, read as a whole, decided by the molecule."""
