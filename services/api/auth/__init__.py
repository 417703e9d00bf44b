"""Who may use the API: keys, sessions of the dashboard, and passwords of podcast players."""
