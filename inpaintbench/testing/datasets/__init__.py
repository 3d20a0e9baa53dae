"""The checks of data sets, in the order in which they run: each comes after those that it needs."""

from __future__ import annotations

from typing import Final

from inpaintbench.testing.checks import Check
from inpaintbench.testing.datasets.building import builds_offline, builds_without_writing
from inpaintbench.testing.datasets.decoding import (
    decodes_again,
    decodes_in_any_order,
    decodes_unlisted,
    loads_rgb,
)
from inpaintbench.testing.datasets.listing import (
    ids_once,
    ids_stable,
    ids_text,
    lists,
    missing_split,
    splits_disjoint,
)
from inpaintbench.testing.datasets.naming import (
    fingerprint_of_items,
    fingerprint_stable,
    fingerprint_text,
    labels,
    sources,
)
from inpaintbench.testing.datasets.subject import DatasetSubject

DATASET_CHECKS: Final[tuple[Check[DatasetSubject], ...]] = (
    builds_offline,
    builds_without_writing,
    lists,
    ids_text,
    ids_once,
    ids_stable,
    splits_disjoint,
    missing_split,
    loads_rgb,
    decodes_again,
    decodes_in_any_order,
    decodes_unlisted,
    fingerprint_text,
    fingerprint_stable,
    fingerprint_of_items,
    labels,
    sources,
)

__all__ = ["DATASET_CHECKS", "DatasetSubject"]
