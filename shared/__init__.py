"""What two services use and what is a border of the system; nothing else is admitted here."""
