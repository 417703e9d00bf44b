"""A small emulation of YouTube on loopback, so that yt-dlp's own extractor runs unmodified without the internet.

`proxy` accepts CONNECT for the emulated hosts and leads all to the TLS server of `app`. `pages` and `player` write what
the extractor reads, including `formats`, `refusals` and the state of a `broadcast`. `media` makes the sound, and
`playback` serves it, behind an `advertisement` or a `challenge`. `companions` serves the `covers` and `captions`.
Through `control`, tests and the demo add playlists while it runs, and set the site's `conditions`.
"""
