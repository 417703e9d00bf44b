"""What the fields of documents are made of."""
