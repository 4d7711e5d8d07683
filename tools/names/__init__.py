"""Names to structures and structures to names."""
