"""Measures downloads inside a worker, without one request more: what the network did, and what a player would have."""
