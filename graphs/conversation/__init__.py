"""Conversation about molecules."""
