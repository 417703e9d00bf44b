"""A small local hub of WebSub, for tests: it verifies, pushes signed content, and misbehaves when told to."""
