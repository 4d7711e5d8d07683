"""Whether an alignment stands, and why."""
