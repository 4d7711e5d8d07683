"""Spans of every pair and every answer."""
