"""`fonoteca get`: stored files onto this machine, whole."""
