"""Code that at least two services use, and the adapters of outside systems; nothing else belongs here."""
