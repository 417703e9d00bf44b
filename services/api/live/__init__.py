"""What happens, told to whoever listens: from the broker's stream of events, and from looks at the catalog."""
