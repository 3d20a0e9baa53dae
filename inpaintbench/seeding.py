"""Seeds, and the random stream that masks draw from: the same on every machine, in any order, for ever.

A seed is the SHA-256 of what it is for. The stream is made of PCG64's raw 64-bit words, whose sequence numpy
promises never to change (NEP 19; the distributions of `numpy.random.Generator` carry no such promise), turned
into integers and fractions by the few lines below.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float64, Int64


def derive_seed(*parts: str | int) -> int:
    """Return an integer below 2**63 from SHA-256 over the parts, each with its length so that none can run over.

    >>> derive_seed(0, "photos", "chelsea") == derive_seed(0, "photos", "chelsea")
    True
    >>> derive_seed("ab", "c") == derive_seed("a", "bc")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode(errors="surrogatepass")  # names of files need not be Unicode text
        digest.update(len(text).to_bytes(8, "big") + text)
    return int.from_bytes(digest.digest()[:8], "big") >> 1


class RandomStream:
    """A sequence of random numbers that only its seed decides."""

    def __init__(self, seed: int) -> None:
        from numpy.random import PCG64

        self._words = PCG64(seed)

    def fraction(self) -> float:
        """Return one number in [0, 1): a multiple of 2**-53."""
        return int(self._words.random_raw() >> 11) * 2.0**-53

    def fractions(self, count: int) -> Float64[np.ndarray, " count"]:
        """Return `count` numbers in [0, 1)."""
        import numpy as np

        return (self._words.random_raw(count) >> np.uint64(11)) * 2.0**-53

    def integer(self, low: int, high: int) -> int:
        """Return one integer in [low, high], both included, without bias.

        Raises:
            ValueError: if the range is empty, or holds more than 2**64 integers.
        """
        span = high - low + 1
        if span < 1:
            raise ValueError(f"no integer lies in [{low}, {high}]")
        if span > 2**64:
            raise ValueError(f"[{low}, {high}] holds more integers than one 64-bit word")
        limit = 2**64 - 2**64 % span
        while (word := int(self._words.random_raw())) >= limit:
            pass
        return low + word % span

    def permutation(self, count: int) -> Int64[np.ndarray, " count"]:
        """Return 0 … count − 1 in random order: the order of `count` raw words, ties (1 in 2**64) by position."""
        import numpy as np

        return np.argsort(self._words.random_raw(count), kind="stable")
