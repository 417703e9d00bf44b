"""The catalog as files: what a backup reads, and how a restore writes it into an empty catalog."""
