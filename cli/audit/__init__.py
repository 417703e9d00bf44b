"""`fonoteca audit`: is the promise kept? It asks the servers themselves, past all services."""
