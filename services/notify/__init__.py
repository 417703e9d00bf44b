"""Tells endpoints of events. See README.md."""
