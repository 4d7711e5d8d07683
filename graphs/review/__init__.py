"""What people say of the alignments of a run: kept, compared, and handed on as gold and to the lexicon."""
