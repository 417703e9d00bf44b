"""Stored recordings for players: M3U lists and podcast feeds."""
