"""Batch distillation over the pairs of a corpus."""
