"""The adapter of S3 servers: the object store, and a target of the mirror."""
