"""Molecules and captions that are true by construction."""
