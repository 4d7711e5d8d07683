"""Fine-tuning, merging and asking a student."""
