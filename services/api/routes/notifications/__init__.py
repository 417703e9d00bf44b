"""/v1/notifications and /v1/notices: who is told of what, and what became of it."""
