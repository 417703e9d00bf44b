"""The command `fonoteca`. It works over the API."""
