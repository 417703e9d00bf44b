"""ASGI middleware, one job each. Responses pass through piece by piece, so streams stay streams."""
