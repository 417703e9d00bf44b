"""Keeps and explains measurements of how well videos download."""
