"""Endpoints that are told of events, as people define them."""
