"""`fonoteca audit`: checks that the promise is kept, on the servers themselves, without the services."""
