"""How older catalogs become those of today: for each version the steps that lead to it.

A step asks for the documents that still need it and changes them in batches, so it can be interrupted anywhere and done
twice. It leaves documents that programs of the version before can read as well: some of those may still run.
Whoever changes the shape of a document adds the steps to the next version here, and `schema.CURRENT` grows by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.catalog.migrations import to_version_1, to_version_2
from shared.catalog.migrations.step import Step

#: Version → the steps from the one before to it, in their order.
MIGRATIONS: Mapping[int, Sequence[Step]] = {1: to_version_1.STEPS, 2: to_version_2.STEPS}
