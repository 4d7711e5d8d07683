"""Curated classes: names, patterns, molecules that must match and molecules that must not."""
