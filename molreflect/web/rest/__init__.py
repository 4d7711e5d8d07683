"""The JSON API under `/api/v1`: facts, alignments, conversations, runs and traces for other programs."""
