"""The adapter of Azure Blob Storage, a target of the mirror."""
