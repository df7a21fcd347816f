"""Pixels and words to vectors. No HTTP, no SQL."""
