"""Reads clauses by their grammar: noun phrases become sets of atoms, verbs relations between them."""
