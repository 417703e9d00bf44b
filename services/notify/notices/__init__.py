"""What people are told: conditions, new recordings, summaries."""
