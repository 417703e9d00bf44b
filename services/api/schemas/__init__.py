"""The shapes of HTTP answers. They are not the message contracts, nor the documents of the catalog."""
