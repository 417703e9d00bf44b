"""Fonoteca beside the programs that people use for the same work, both in one run on one machine."""
