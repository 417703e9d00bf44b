"""`fonoteca sources`: followed channels and playlists, their file, and what they keep."""
