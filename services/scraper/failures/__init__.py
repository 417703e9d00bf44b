"""Evidence of failed work, and the failure that it shows. docs/failures.md lists the reasons and what follows.

A stranger's text never decides: exception types, HTTP statuses and the knowledge of our own code come first, then the
known sentences of `sentences`, each from its beginning and from its own source.
"""

from services.scraper.failures.classifying import charge_repeated, classify
from services.scraper.failures.evidence import Evidence
from services.scraper.failures.reason_groups import LASTING, OF_EGRESS

__all__ = ["LASTING", "OF_EGRESS", "Evidence", "charge_repeated", "classify"]
