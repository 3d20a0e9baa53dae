"""What a page says that its Python prints, it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/faq.md"
PRINTING = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)


def test_the_numbers_of_the_faq_come_from_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pairs = PRINTING.findall(PAGE.read_text(encoding="utf-8"))
    assert len(pairs) == 2
    namespace = {"__name__": "page"}
    for code, printed in pairs:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(code, str(PAGE), "exec"), namespace)
        assert out.getvalue() == printed
