"""MolReFlect: fine-grained alignments of molecules and captions. The model proposes, chemistry decides."""

__version__ = "0.1.0"
