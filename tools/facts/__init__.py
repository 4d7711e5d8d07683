"""Facts about molecules, each a plain function: what a person asks, answered by RDKit and the lexicon."""
