"""The header Content-Disposition: the name under which a browser saves an answer. Pure functions.

Source: RFC 6266, with the encoding of RFC 8187 (formerly 5987) for names beyond ASCII.
"""

from __future__ import annotations

import unicodedata
from typing import Literal
from urllib.parse import quote

from shared.untrusted.file_names import cut, safe_name

#: Bytes of a saved name without its ending: browsers add " (1)" and temporary endings of their own.
STEM_BYTES = 200


def disposition(kind: Literal["inline", "attachment"], stem: str, ending: str) -> str:
    """The header for a file named `stem.ending`; the stem may be any text of a source."""
    name = f"{safe_name(stem, STEM_BYTES)}.{ending}"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", errors="ignore").decode()
    # A quoted-string: neither quotes nor backslashes are left in a safe name, but a percent sign misleads some clients.
    plain = f"{cut(plain.removesuffix(f'.{ending}').replace('%', '_'), STEM_BYTES).strip() or 'recording'}.{ending}"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
