"""How older catalogs are brought to the current version: for each version, the steps that lead to it.

A step finds the documents that still need it and changes them in batches, so it can be interrupted anywhere and run
twice. Programs of the previous version, some of which may still run, can read the changed documents too.
To change the shape of a document, add the steps to the next version here and increase `schema.CURRENT` by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.catalog.migrations import to_version_1, to_version_2
from shared.catalog.migrations.step import Step

#: Version → the steps that lead to it from the previous one, in order.
MIGRATIONS: Mapping[int, Sequence[Step]] = {1: to_version_1.STEPS, 2: to_version_2.STEPS}
