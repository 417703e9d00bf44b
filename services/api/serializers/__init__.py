"""Turns documents of the catalog into the schemas of HTTP responses. Pure functions."""
