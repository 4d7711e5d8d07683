"""Chain-of-thought in-context examples."""
