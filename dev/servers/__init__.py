"""The backing servers of the native stack, one per file: how each starts, when it is ready, and how to reach it."""
