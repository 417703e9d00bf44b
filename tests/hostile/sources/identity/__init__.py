"""A recording is stored only under the id that was requested."""
