"""Crawls: what a person says of one, and the addresses that stand for searches."""
