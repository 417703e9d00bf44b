"""Server-sent events: what has just happened, and how far the work has come."""
