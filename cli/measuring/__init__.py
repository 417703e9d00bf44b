"""`fonoteca probe`: how well videos download."""
