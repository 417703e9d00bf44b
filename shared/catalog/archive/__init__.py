"""The catalog as files: what a backup reads of it, and how a restore writes it into an empty one."""
