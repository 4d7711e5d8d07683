"""What other programs ask for: the facts with typed answers, and turns of conversations as streams."""
