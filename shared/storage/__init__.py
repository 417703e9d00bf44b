"""The object store. The only importer of minio."""
