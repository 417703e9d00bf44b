"""A small emulation of YouTube on loopback, so that yt-dlp's own extractor runs unmodified without the internet.

`proxy` takes CONNECT for the emulated hosts and leads every one to the TLS server of `app`; `pages` writes the JSON
that the extractor reads; `media` makes the sound; `control` lets tests and the demo add playlists while it runs.
"""
