"""Shared by all tests; its place here also lets them import `tiny_model`."""
