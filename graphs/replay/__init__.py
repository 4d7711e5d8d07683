"""Running traces again: replayed from what was kept, or forked from one of their steps."""
