"""The backing servers of the native stack, one file each: how it starts, when it is ready, how to reach it."""
