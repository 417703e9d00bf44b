"""The header Content-Disposition: the name under which a browser saves a response. Pure functions.

Source: RFC 6266, with the encoding of RFC 8187 (formerly 5987) for names beyond ASCII.
"""

from __future__ import annotations

import unicodedata
from typing import Literal
from urllib.parse import quote

from shared.untrusted.file_names import cut, safe_name

#: Bytes of a saved name without its ending. Browsers add " (1)" and temporary endings of their own.
STEM_BYTES = 200


def disposition(kind: Literal["inline", "attachment"], stem: str, ending: str) -> str:
    """The header's value for a file named `stem.ending`. The stem may be any text of a source: it is made safe."""
    name = f"{safe_name(stem, STEM_BYTES)}.{ending}"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", errors="ignore").decode()
    # A safe name has no quotes or backslashes, so it needs no escaping; a percent sign misleads some clients.
    plain = f"{cut(plain.removesuffix(f'.{ending}').replace('%', '_'), STEM_BYTES).strip() or 'recording'}.{ending}"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
