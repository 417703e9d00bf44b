"""The catalog in MongoDB, the source of truth: documents, indexes, all transitions. The only importer of pymongo."""
