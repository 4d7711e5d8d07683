"""A small grammar of statements on structure: noun phrases, what is said of them, and whether a molecule bears it out."""
