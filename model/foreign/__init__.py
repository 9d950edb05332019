"""Checkpoints that other programs saved with torch, read without running or believing anything in them."""
