"""The way of one pair: draft, verify, retrieve, reflect, verify, select, record."""
