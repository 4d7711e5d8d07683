"""Molecules: reading them within bounds, SMARTS, and matching on the ladder."""
