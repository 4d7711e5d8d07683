"""LangGraph state machines: alignment of one pair, batch distillation, conversation, and their traces."""
