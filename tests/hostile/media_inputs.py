"""Media that is something else: playlists, descriptions of streams, lists of files, references to others' files.

In each, `{inner}` is a server on loopback, `{secret}` a sound on the local disk, `{fragment}` an honest piece of sound.
"""

from __future__ import annotations

import struct

_HEAD = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n"
_END = "#EXT-X-ENDLIST\n"
_GOOD = "#EXTINF:2,\n{fragment}\n"


def _piece(address: str) -> str:
    return f"{_HEAD}#EXTINF:2,\n{address}\n{_END}"


def _key(attributes: str, *, after: str = _GOOD) -> str:
    return f"{_HEAD}#EXT-X-KEY:{attributes}\n{after}{_END}"


def _map(address: str) -> str:
    return f'{_HEAD}#EXT-X-MAP:URI="{address}"\n{_GOOD}{_END}'


_HTTP, _FILE = "http://{inner}/a.ts", "file://{secret}"
_SAMPLE_AES = 'METHOD=SAMPLE-AES,URI="http://{inner}/key"'

#: What it is → its text, and the failure as which it must end ("" for one that is stored).
STREAMS: dict[str, tuple[str, str]] = {
    "sample-aes": (_key(_SAMPLE_AES), "unsupported-stream"),
    "sample-aes, inner pieces": (_key(_SAMPLE_AES, after=f"#EXTINF:2,\n{_HTTP}\n"), "unsupported-stream"),
    "sample-aes, key from disk": (_key(f'METHOD=SAMPLE-AES,URI="{_FILE}"'), "unsupported-stream"),
    "sample-aes, key in its address": (
        _key('METHOD=SAMPLE-AES,URI="data:text/plain;base64,MDEyMzQ1Njc4OWFiY2RlZg=="'),
        "unsupported-stream",
    ),
    "sample-aes, pieces from disk": (_key(_SAMPLE_AES, after=f"#EXTINF:2,\n{_FILE}\n"), "unsupported-stream"),
    "sample-aes, concat": (_key(_SAMPLE_AES, after="#EXTINF:2,\nconcat:{secret}|{secret}\n"), "unsupported-stream"),
    "sample-aes, subfile": (
        _key(_SAMPLE_AES, after="#EXTINF:2,\nsubfile,,start,0,end,0,,:{secret}\n"),
        "unsupported-stream",
    ),
    "sample-aes, crypto": (_key(_SAMPLE_AES, after="#EXTINF:2,\ncrypto:http://{inner}/a\n"), "unsupported-stream"),
    "sample-aes, inner map": (
        _key(_SAMPLE_AES, after='#EXT-X-MAP:URI="http://{inner}/init"\n' + _GOOD),
        "unsupported-stream",
    ),
    "sample-aes-ctr": (_key('METHOD=SAMPLE-AES-CTR,URI="http://{inner}/key"'), "unsupported-stream"),
    "sample-aes in small letters": (_key('METHOD=sample-aes,URI="http://{inner}/key"'), "unsupported-stream"),
    "a method nobody knows": (_key('METHOD=OTHER,URI="http://{inner}/key"'), "unsupported-stream"),
    "sample-aes from the second piece on": (
        f"{_HEAD}{_GOOD}#EXT-X-KEY:{_SAMPLE_AES}\n{_GOOD}{_END}",
        "unsupported-stream",
    ),
    "sample-aes, named last": (_key('URI="http://{inner}/key",METHOD=SAMPLE-AES'), "unsupported-stream"),
    "sample-aes after a blank": (_key(' METHOD=SAMPLE-AES,URI="http://{inner}/key"'), "unsupported-stream"),
    "a key of the session": (f"{_HEAD}#EXT-X-SESSION-KEY:{_SAMPLE_AES}\n{_GOOD}{_END}", ""),
    "fairplay": (_key('METHOD=SAMPLE-AES,URI="skd://{inner}/key"'), "drm"),
    "playready": (
        _key('METHOD=SAMPLE-AES,KEYFORMAT="com.microsoft.playready",URI="http://{inner}/key"'),
        "drm",
    ),
    "adobe access": (f'{_HEAD}#EXT-X-FAXS-CM:URI="http://{{inner}}/drm"\n{_GOOD}{_END}', "drm"),
    "aes-128, inner key": (_key('METHOD=AES-128,URI="http://{inner}/key"'), "private-address"),
    "aes-128, key from disk": (_key(f'METHOD=AES-128,URI="{_FILE}"'), "unsupported-stream"),
    "inner piece": (_piece(_HTTP), "private-address"),
    "inner piece by name": (_piece("http://localhost:{port}/a.ts"), "private-address"),
    "inner piece in IPv6's clothes": (_piece("http://[::ffff:127.0.0.1]:{port}/a.ts"), "private-address"),
    "inner map": (_map("http://{inner}/init.mp4"), "private-address"),
    "map from disk": (_map(_FILE), "unsupported-stream"),
    "piece from disk": (_piece(_FILE), "unsupported-stream"),
    "piece by a path": (_piece("{secret}"), "fragment-missing"),
    "piece of concat": (_piece("concat:{secret}|{secret}"), "unsupported-stream"),
    "piece of subfile": (_piece("subfile,,start,0,end,0,,:{secret}"), "fragment-missing"),
    "piece of crypto": (_piece("crypto:{secret}"), "unsupported-stream"),
    "piece of async": (_piece("async:http://{inner}/a.ts"), "unsupported-stream"),
    "piece of tcp": (_piece("tcp://{inner}"), "unsupported-stream"),
    "piece of hls": (_piece("hls+http://{inner}/a.m3u8"), "unsupported-stream"),
    "piece of gopher": (_piece("gopher://{inner}/a"), "unsupported-stream"),
    "piece of ftp": (_piece("ftp://{inner}/a"), "private-address"),
    "master of inner streams": (
        '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"\nhttp://{inner}/a.m3u8\n',
        "private-address",
    ),
    "master of streams from disk": (
        '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"\nfile://{secret}\n',
        "unsupported-stream",
    ),
    "honest": (f"{_HEAD}{_GOOD}{_END}", ""),
}

_FFCONCAT = "ffconcat version 1.0\n"
_SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n"
_MPD = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT6S">'
    '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="0" bandwidth="64000">'
    "<BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>"
)
_SVG = (
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="64" height="64"><image width="64" height="64" xlink:href="{address}"/></svg>'
)
_MVG = "push graphic-context\nviewbox 0 0 64 64\nimage over 0,0 64,64 '{address}'\npop graphic-context\n"

#: Text that stands in the place of media.
TEXTS: dict[str, str] = {
    **{f"m3u8: {name}": text for name, (text, _) in STREAMS.items() if name != "honest"},
    "m3u8 of paths": f"{_HEAD}#EXTINF:6,\n{{secret}}\n{_END}",
    "m3u8 of file:": f"{_HEAD}#EXTINF:6,\nfile:{{secret}}\n{_END}",
    "m3u8 with a mark": f"\ufeff{_piece('file:{secret}')}",
    "m3u8 after blank lines": f"\n\n{_piece('file:{secret}')}",
    "m3u8 old": "#EXTM3U\n{secret}\n",
    "ffconcat": f"{_FFCONCAT}file '{{secret}}'\n",
    "ffconcat of file:": f"{_FFCONCAT}file 'file:{{secret}}'\n",
    "ffconcat of http": f"{_FFCONCAT}file 'http://{{inner}}/a.mp3'\n",
    "ffconcat of a stream": f"{_FFCONCAT}stream\nfile 'concat:{{secret}}|{{secret}}'\n",
    "ffconcat unsafe": f"{_FFCONCAT}option safe 0\nfile '{{secret}}'\noption protocol_whitelist file,http,tcp\n",
    "concat without a head": "file '{secret}'\n",
    "sdp": _SDP,
    "mpd of http": _MPD.replace("{address}", "http://{inner}/a.m4a"),
    "mpd of file:": _MPD.replace("{address}", "file:{secret}"),
    "cue": 'FILE "{secret}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "pls": "[playlist]\nFile1={secret}\nFile2=http://{inner}/a.mp3\nNumberOfEntries=2\n",
    "xspf": "<playlist><trackList><track><location>file://{secret}</location></track></trackList></playlist>",
    "asx": '<asx version="3.0"><entry><ref href="http://{inner}/a.mp3"/></entry></asx>',
    "ffmetadata": ";FFMETADATA1\ntitle=x\nartist=file:{secret}\n",
    "svg of http": _SVG.replace("{address}", "http://{inner}/a.png"),
    "svg of file:": _SVG.replace("{address}", "file://{secret}"),
    "mvg": _MVG.replace("{address}", "http://{inner}/a.png"),
    "image pattern": "{folder}/%d.jpg\n",
    "lavfi": "amovie={secret}[out0]\n",
    "smil": '<smil><body><audio src="http://{inner}/a.mp3"/></body></smil>',
    "rtsp text": "[Reference]\nRef1=http://{inner}/a.asf?MSWMExt=.asf\n",
    "avisynth": 'DirectShowSource("{secret}")\n',
    "nut of an address": "nut/multimedia container\0http://{inner}/\n",
    "ism": '<?xml version="1.0"?><SmoothStreamingMedia><StreamIndex Url="http://{inner}/q"/></SmoothStreamingMedia>',
    "f4m": '<manifest xmlns="http://ns.adobe.com/f4m/1.0"><media url="http://{inner}/a"/></manifest>',
    "html": "<html><body><audio src='file://{secret}'></audio></body></html>",
    "xml entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]><MPD>&e;</MPD>',
    "nothing but a path": "{secret}",
    "a command": "|cat {secret}",
}


def id3(text: bytes) -> bytes:
    """A tag of MP3 files whose one comment is a text."""
    frame = b"COMM" + struct.pack(">I", len(text)) + b"\0\0" + text
    size = len(frame)
    return b"ID3\x03\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + frame


def atom(kind: bytes, *parts: bytes) -> bytes:
    """An atom of a MOV file."""
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def mov_with_references(path: str, kind: bytes = b"alis") -> bytes:
    """A MOV whose sound lies in another file: uncompressed, 8,000 samples a second."""
    full = bytes(4)
    if kind == b"alis":
        # An alias of the Macintosh: a volume, levels, and the path as its record 2.
        name = path.encode()
        record = struct.pack(">hH", 18, len(name)) + name + bytes(len(name) % 2)
        record += struct.pack(">hH", 2, len(name)) + name + bytes(len(name) % 2) + struct.pack(">hH", -1, 0)
        alias = bytes(10) + b"\x03abc" + bytes(28 - 4) + bytes(12) + b"\x04path" + bytes(64 - 5) + bytes(16)
        alias += struct.pack(">hh", 0, 8) + bytes(16)
        reference = atom(kind, full, alias + record)
    else:
        reference = atom(kind, full, path.encode() + b"\0")
    entry = atom(b"sowt", bytes(6), struct.pack(">H", 1), bytes(8), struct.pack(">HHHHI", 1, 16, 0, 0, 8000 << 16))
    table = atom(
        b"stbl",
        atom(b"stsd", full, struct.pack(">I", 1), entry),
        atom(b"stts", full, struct.pack(">III", 1, 16_000, 1)),
        atom(b"stsc", full, struct.pack(">IIII", 1, 1, 16_000, 1)),
        atom(b"stsz", full, struct.pack(">II", 2, 16_000)),
        atom(b"stco", full, struct.pack(">II", 1, 100)),
    )
    media = atom(
        b"minf",
        atom(b"smhd", full, bytes(4)),
        atom(b"dinf", atom(b"dref", full, struct.pack(">I", 1), reference)),
        table,
    )
    times = struct.pack(">IIIIHH", 0, 0, 8000, 16_000, 0, 0)
    handler = atom(b"hdlr", full, b"mhlrsoun", bytes(13))
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    head = struct.pack(">IIIII", 0, 0, 1, 0, 16_000) + bytes(16) + matrix + bytes(8)
    track = atom(b"trak", atom(b"tkhd", b"\0\0\0\x0f", head), atom(b"mdia", atom(b"mdhd", full, times), handler, media))
    movie = struct.pack(">IIIIIH", 0, 0, 8000, 16_000, 0x10000, 0x100) + bytes(10) + matrix + bytes(24)
    movie += struct.pack(">I", 2)
    return atom(b"ftyp", b"qt  ", bytes(4), b"qt  ") + atom(b"moov", atom(b"mvhd", full, movie), track)


def matroska_linked(path: str) -> bytes:
    """A Matroska file that says the rest of it lies in other files, with an attachment that is a playlist."""

    def element(number: str, body: bytes) -> bytes:
        return bytes.fromhex(number) + (0x0100000000000000 | len(body)).to_bytes(8, "big") + body

    name = path.encode()
    info = element("1549A966", element("7384", name) + element("3E83BB", name) + element("3C83AB", name))
    playlist = f"#EXTM3U\n#EXTINF:6,\n{path}\n".encode()
    attached = element("466E", name) + element("4660", b"application/x-mpegurl") + element("465C", playlist)
    head = element("1A45DFA3", element("4282", b"matroska") + element("4287", b"\x04") + element("4285", b"\x02"))
    return head + element("18538067", info + element("1941A469", element("61A7", attached + element("46AE", b"\x01"))))
