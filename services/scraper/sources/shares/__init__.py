"""What limited submitters may have of a scraper and of its sources."""
