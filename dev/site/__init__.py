"""A small emulation of YouTube on loopback, so that yt-dlp's own extractor runs unmodified without the internet.

`proxy` takes CONNECT for the emulated hosts and leads every one to the TLS server of `app`; `pages` and `player` write
what the extractor reads, with the `formats`, the `refusals` and what a `broadcast` says; `media` makes the sound and
`playback` serves it, behind an `advertisement` or a `challenge`; `companions` serves the `covers` and `captions`
beside it; `control` lets tests and the demo add playlists while it runs and set the site's `conditions`.
"""
