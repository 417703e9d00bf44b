"""Takes playlists over HTTP and answers questions about them. See README.md."""
