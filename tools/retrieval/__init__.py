"""Neighbours of a pair: fingerprints, sentence embeddings or BM25, re-ranked exactly."""
