"""Requests to addresses that people or feeds name: never into the network that this service is in."""
