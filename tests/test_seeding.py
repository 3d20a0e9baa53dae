from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.seeding import RandomStream, derive_seed


def test_a_seed_is_the_first_63_bits_of_the_hash_of_parts_with_their_lengths() -> None:
    hashed = b"\0\0\0\0\0\0\0\x017" + b"\0\0\0\0\0\0\0\x06photos" + b"\0\0\0\0\0\0\0\x02\xc3\xa9"

    expected = int(hashlib.sha256(hashed).hexdigest()[:16], 16) // 2

    assert derive_seed(7, "photos", "é") == expected


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_seeds_are_below_2_to_the_63_and_differ_where_the_parts_do(one: list[str], other: list[str]) -> None:
    assert 0 <= derive_seed(*one) < 2**63
    assert (derive_seed(*one) == derive_seed(*other)) == (one == other)


def test_the_stream_is_the_same_on_every_machine() -> None:
    stream = RandomStream(0)
    words = [stream.integer(0, 2**64 - 1) for _ in range(3)]

    assert words == [11749869230777074271, 4976686463289251617, 755828109848996024]
    assert RandomStream(derive_seed(0, "photos", "chelsea")).integer(0, 10**6) == 319024
    assert RandomStream(5).permutation(8).tolist() == [7, 4, 3, 5, 6, 2, 0, 1]
    assert RandomStream(2**63 - 1).fraction() == 0.1754661243027813


def test_fractions_are_the_words_upper_53_bits() -> None:
    words = [RandomStream(1).integer(0, 2**64 - 1)]

    assert RandomStream(1).fraction() == (words[0] >> 11) / 2**53


def test_many_fractions_are_those_drawn_one_by_one() -> None:
    one_by_one = RandomStream(3)

    fractions = RandomStream(3).fractions(1000)

    assert fractions.tolist() == [one_by_one.fraction() for _ in range(1000)]
    assert fractions.min() >= 0
    assert fractions.max() < 1
    assert abs(fractions.mean() - 0.5) < 0.03  # three standard deviations, √(1/12/1000), are 0.027


@given(st.integers(0, 2**63 - 1), st.integers(-(2**70), 2**70), st.integers(0, 2**64 - 1))
def test_integers_lie_in_the_range_asked_for(seed: int, low: int, width: int) -> None:
    assert low <= RandomStream(seed).integer(low, low + width) <= low + width


def test_both_ends_of_a_range_are_drawn() -> None:
    stream = RandomStream(0)

    assert {stream.integer(-2, 2) for _ in range(100)} == {-2, -1, 0, 1, 2}
    assert stream.integer(5, 5) == 5


def test_integers_of_a_small_range_are_equally_frequent() -> None:
    stream = RandomStream(0)

    counts = Counter(stream.integer(0, 9) for _ in range(10_000))

    chi_square = sum((counts[value] - 1000) ** 2 / 1000 for value in range(10))
    assert chi_square < 27.9  # 99.9 % of chi-square with 9 degrees of freedom


def test_integers_of_a_range_that_does_not_divide_the_words_are_equally_frequent() -> None:
    """Without rejection, the remainder of 2**64 by 3·2**62 would make the lowest third twice as frequent."""
    stream = RandomStream(0)

    thirds = Counter(stream.integer(0, 3 * 2**62 - 1) >> 62 for _ in range(6000))

    chi_square = sum((thirds[third] - 2000) ** 2 / 2000 for third in range(3))
    assert chi_square < 13.9  # 99.9 % of chi-square with 2 degrees of freedom


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [(1, 0, r"no integer lies in \[1, 0\]"), (0, 2**64, "more integers than one 64-bit word")],
)
def test_ranges_that_cannot_be_drawn_from_are_refused(low: int, high: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RandomStream(0).integer(low, high)


@given(st.integers(0, 2**63 - 1), st.integers(0, 200))
def test_a_permutation_holds_each_number_once(seed: int, count: int) -> None:
    assert sorted(RandomStream(seed).permutation(count).tolist()) == list(range(count))


def test_the_orders_of_three_are_equally_frequent() -> None:
    stream = RandomStream(0)

    counts = Counter(tuple(stream.permutation(3).tolist()) for _ in range(6000))

    assert len(counts) == 6
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 20.5  # 99.9 %, 5 degrees of freedom


def test_numpys_global_generator_has_no_say() -> None:
    np.random.seed(1)
    first = RandomStream(0).permutation(5).tolist()
    np.random.seed(2)

    assert RandomStream(0).permutation(5).tolist() == first
