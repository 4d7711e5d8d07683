"""The student: a causal language model that scores and writes text."""
