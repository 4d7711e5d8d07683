"""Rewards for an answer, from what chemistry says of it; in the signature that TRL's trainers call."""
