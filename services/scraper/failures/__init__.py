"""Evidence of failed work, and its classification as a failure. docs/failures.md lists the reasons and what follows.

A stranger's text never decides: exception types, HTTP statuses and our own code come first, then the known texts of
`sentences`, each matched from its beginning and only if it comes from its own source.
"""

from services.scraper.failures.classifying import charge_repeated, classify
from services.scraper.failures.evidence import Evidence
from services.scraper.failures.reason_groups import LASTING, OF_EGRESS

__all__ = ["LASTING", "OF_EGRESS", "Evidence", "charge_repeated", "classify"]
