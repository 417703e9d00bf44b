"""Follows sources: decides when each is looked at, and records what the looks found. See README.md."""
