"""The demo: one playlist and one followed channel through the whole system."""
