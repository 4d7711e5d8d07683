"""How molecules and alignments are shown."""
