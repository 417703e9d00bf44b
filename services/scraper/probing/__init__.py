"""Tasks of crawls: lists addresses and measures downloads of which nothing is kept."""
