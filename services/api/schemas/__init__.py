"""The schemas of HTTP requests and responses; messages and the catalog's documents have their own."""
