"""The secret of the endpoints in these tests."""

from __future__ import annotations

import base64

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
