"""Benchmarks on the native stack and the local site. `python -m bench` runs them all."""
