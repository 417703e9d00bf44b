"""The object store and the mirror. `s3` is the only importer of minio, `azure` of Azure's SDK."""
