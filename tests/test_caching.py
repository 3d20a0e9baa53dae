"""Where caches lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from inpaintbench.caching import cache_folder


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("INPAINTBENCH_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_the_variable_names_the_folder_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    for said, folder in (
        (str(tmp_path / "mine"), tmp_path / "mine"),
        ("below/here", tmp_path / "below" / "here"),
        ("~/mine", tmp_path / "home" / "mine"),
    ):
        monkeypatch.setenv("INPAINTBENCH_CACHE", said)
        assert cache_folder() == folder


@pytest.mark.parametrize("said", ["", None])
def test_else_it_is_where_caches_of_a_user_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str | None
) -> None:
    if said is not None:
        monkeypatch.setenv("INPAINTBENCH_CACHE", said)
        monkeypatch.setenv("XDG_CACHE_HOME", said)
    assert cache_folder() == tmp_path / "home" / ".cache" / "inpaintbench"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "inpaintbench"


def test_nothing_is_made(tmp_path: Path) -> None:
    assert not cache_folder().exists()
    assert list(tmp_path.iterdir()) == []
