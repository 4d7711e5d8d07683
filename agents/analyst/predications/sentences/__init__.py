"""Sentences on the molecule put together from noun phrases: what it is, has and lacks, and how that is placed."""
