"""Playlists through the scraper: downloads, encodings, listings."""
