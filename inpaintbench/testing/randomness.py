"""The random generators that all code of a process shares: what they are like, and how they are kept."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def seed_generators(seed: int) -> None:
    """Seed the shared generators of Python, NumPy and torch with the same number, below 2**32."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def read_generators() -> dict[str, Any]:
    """Return what can be compared of the states of all shared generators, by what they are called in messages."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    found = {
        "torch's random numbers": torch.random.get_rng_state().numpy().tobytes(),
        "NumPy's random numbers": (kind, np.asarray(keys).tobytes(), *rest),
        "Python's random numbers": random.getstate(),
    }
    if torch.cuda.is_available():
        found["CUDA's random numbers"] = [state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()]
    return found


@contextmanager
def generators_kept() -> Iterator[None]:
    """Let a check seed the shared generators, and put them back afterwards."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
