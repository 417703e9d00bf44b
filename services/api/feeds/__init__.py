"""What players are given: lists and feeds of stored recordings."""
