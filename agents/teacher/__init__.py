"""The teacher: a tool-calling agent that drafts alignments and reflects on them."""
