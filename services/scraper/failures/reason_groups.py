"""Reasons that the scraper treats alike."""

from __future__ import annotations

from shared.contracts.reasons import Reason
from shared.errors import FailureClass

#: The received media itself is bad.
OF_MEDIA = frozenset({Reason.CUT_SHORT, Reason.TOO_LONG, Reason.DAMAGED_MEDIA, Reason.EMPTY_MEDIA, Reason.SILENT_MEDIA})
#: The network or a failing server is at fault: these take precedence over a failure of the tool that needed it.
OF_NETWORK = frozenset(
    {
        *(Reason.CONNECTION, Reason.TIMEOUT, Reason.SERVER_ERROR, Reason.SHORT_READ),
        *(Reason.PROXY_AWAY, Reason.TOO_MANY_REQUESTS, Reason.CAPTCHA),
    }
)
#: Only a person can repair these: a known source is not asked again until one does.
LASTING = frozenset({Reason.PROXY_REFUSED, Reason.COOKIES_DEAD})
#: Classes of failures that concern the whole egress: the source rests after them.
OF_EGRESS = frozenset({FailureClass.EGRESS, FailureClass.IDENTITY})
