"""Programs that take pictures of the dashboard."""
