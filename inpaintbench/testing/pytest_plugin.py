"""The checks as tests of pytest, which finds this module by its entry point.

A test that takes `inpaintbench_check`, and is marked with selectors, runs once for each check of each. What needs a
check that is broken is skipped. A waived check is expected to fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

FIXTURE: Final = "inpaintbench_check"
MARK: Final = "inpaintbench"
_EXPLAINED: Final = (
    f"{MARK}(*selectors, kind='method', plugin=None, device='cpu'): run the test once for each check of these plugins; "
    "plugin is a file, or a list of such, as of `--plugin`"
)


def pytest_configure(config: pytest.Config) -> None:
    """Explain the mark."""
    config.addinivalue_line("markers", _EXPLAINED)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each check."""
    if FIXTURE not in metafunc.fixturenames:
        return
    marks = list(metafunc.definition.iter_markers(MARK))
    if not marks:
        raise pytest.UsageError(f"{metafunc.definition.nodeid} takes {FIXTURE} and has no mark {MARK}(SELECTOR).")
    from inpaintbench.testing.asked import Asked

    values, ids = [], []
    for mark in marks:
        if not mark.args:
            raise pytest.UsageError(
                f"{metafunc.definition.nodeid}: the mark {MARK} has no SELECTOR; expected one or more."
            )
        for selector in mark.args:
            asked = Asked.by(selector, **mark.kwargs)
            values += [(asked, check) for check in asked.checks]
            ids += [f"{selector}-{check.name}" for check in asked.checks]
    metafunc.parametrize(FIXTURE, values, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def _inpaintbench_examinations() -> Iterator[dict[Any, Any]]:
    """Keep one examination of each plugin for all its checks."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        examinations: dict[Any, Any] = {}
        yield examinations
        for examination in examinations.values():
            stack.enter_context(examination)


@pytest.fixture(scope="session")
def inpaintbench_check(
    request: pytest.FixtureRequest, _inpaintbench_examinations: dict[Any, Any]
) -> Callable[[], None]:
    """Return a function that tries one check, and fails the test if the promise is broken."""
    asked, check = request.param

    def try_it() -> None:
        if asked not in _inpaintbench_examinations:
            _inpaintbench_examinations[asked] = asked.examination()
        outcome = _inpaintbench_examinations[asked].outcome(check)
        match outcome.status:
            case "broken":
                pytest.fail(f"{check.promise}\n{outcome.said}", pytrace=False)
            case "waived":
                pytest.xfail(outcome.said)
            case "not applicable" | "blocked":
                pytest.skip(outcome.said)

    return try_it
