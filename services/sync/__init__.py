"""Mirrors stored audio objects to Azure Blob Storage. See README.md."""
