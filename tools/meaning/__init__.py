"""What a phrase means as patterns and atoms."""
