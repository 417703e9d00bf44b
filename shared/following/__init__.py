"""Followed sources as data: what a person writes of them, and when they are looked at. Pure."""
