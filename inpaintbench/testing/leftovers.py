"""What code of others leaves behind in the process that it runs in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from inpaintbench.execution.devices.settings import Settings
from inpaintbench.execution.evaluating.restoring import ProcessState
from inpaintbench.testing.checks import PromiseError
from inpaintbench.testing.randomness import generators_kept, read_generators, seed_generators

T = TypeVar("T")

UNUSUAL: Final = 20_170_707
"""A seed that nobody would set, so that who always sets the same one is found."""


def refuse_leftovers(build: Callable[[], T], use: Callable[[T], object]) -> None:
    """Refuse a plugin that changes torch's settings, the process, or, by its use, a global random generator.

    Args:
        build: builds it. This may draw random numbers, as every layer of a network does.
        use: uses it once.

    Raises:
        PromiseError: if anything is not as it was before.
    """
    settings, process = Settings.read(), ProcessState.read()
    use(build())  # what an import sets, it sets once; that is put back, and does not count
    settings.restore()
    process.restore()
    built = build()
    with generators_kept():
        seed_generators(UNUSUAL)
        before = read_generators()
        use(built)
        after = read_generators()
    changed = [name for name in before if before[name] != after[name]]
    changed += [*settings.restore(), *process.restore()]
    if changed:
        raise PromiseError(f"It changed: {', '.join(changed)}.")
