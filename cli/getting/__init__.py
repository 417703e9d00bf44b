"""`fonoteca get`: downloads stored files, complete or not at all."""
