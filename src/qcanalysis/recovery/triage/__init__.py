"""Findings sorted by what they endanger, and the order to work on them."""
