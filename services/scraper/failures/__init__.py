"""What went wrong with a video or a listing → a typed failure. docs/failures.md lists them with what follows.

A stranger's text never decides: what an exception's type, an HTTP status or our own code tells comes first, then the
known sentences of `sentences`, each from its beginning and from its own source.
"""

from services.scraper.failures.classifying import classify, of_media
from services.scraper.failures.evidence import Evidence
from services.scraper.failures.reason_groups import LASTING

__all__ = ["LASTING", "Evidence", "classify", "of_media"]
