"""A small grammar of statements on structure: noun phrases, what is said of them, what bears it out."""
