"""Decides what follows a failure: try again after a delay, wait for a time, or abandon it. See README.md."""
