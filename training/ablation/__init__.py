"""Arms trained with equal steps on equal rows, tested against each other."""
