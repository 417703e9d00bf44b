"""Reads feeds of followed sources, and the hubs that they name."""
