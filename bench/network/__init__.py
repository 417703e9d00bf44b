"""Measurements against networks that are known exactly."""
