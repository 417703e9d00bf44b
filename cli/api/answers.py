"""What the API answers. This module imports no client, so that commands without one start sooner."""

from __future__ import annotations

from typing import Any

#: A JSON object.
Json = dict[str, Any]
