"""What a corpus says: counts of phrases and patterns, mined fragments."""
