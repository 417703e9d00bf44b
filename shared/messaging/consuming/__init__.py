"""Takes messages from queues and streams, and settles them."""
