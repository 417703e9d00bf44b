"""The adapter of the object store, and the only importer of minio. `azure` is the adapter of the mirror."""
