"""Scores that others can trust, and the reports made of them."""
