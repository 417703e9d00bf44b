"""Expands playlists and fetches videos: download, encode, verify, store. See README.md."""
