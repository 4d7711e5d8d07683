"""Chat models by name, what they can do, and what they cost."""
