"""MongoDB, the truth: documents, indexes and every transition. The only importer of pymongo."""
