"""The conversational analyst."""
