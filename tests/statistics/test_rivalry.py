"""Which methods are compared: those that have made something of the same images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from inpaintbench.columns import ColumnKey
from inpaintbench.statistics.pairing import IMAGE
from inpaintbench.statistics.rivalry import judge_tables

KEY = ColumnKey(name="psnr", protocol=1, version=1, weights="")


def apart(images: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    """Return which methods are not compared, of methods that have numbers of these images."""
    tables = {}
    for method, own in images.items():
        index = pd.MultiIndex.from_tuples([(f"{one}.png", f"i{one}", f"h{one}") for one in own], names=IMAGE)
        tables[method] = {KEY: pd.Series(np.zeros(len(own)), index=index, dtype="float64")}
    return judge_tables(tables, tables, [], 0, "permutation").apart


@given(st.lists(st.lists(st.integers(0, 7), unique=True, max_size=4), max_size=6))
@example([[0, 1], [2, 3], [2, 3], [3, 2], [0, 1], [4]])
@example([[], [], [0]])
def test_those_are_compared_that_share_images_with_the_one_that_shares_with_most(drawn: list[list[int]]) -> None:
    images = {f"method {place}": own for place, own in enumerate(drawn)}
    sharing = [
        [other for other, those in images.items() if other == method or set(own) & set(those)]
        for method, own in images.items()
    ]
    compared = max(sharing, key=len, default=[])
    assert apart(images) == tuple(method for method in images if method not in compared)


def test_the_order_of_images_keeps_nobody_apart() -> None:
    assert apart({"one": [0, 1, 2], "other": [2, 1, 0], "part": [1], "alone": [3]}) == ("alone",)
