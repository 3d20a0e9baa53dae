"""What the tests of programs share: methods by their selectors, and a batch of pictures with holes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaintbench.api import Batch, MethodSpec
from inpaintbench.parameters import format_value
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import Selection, select

TELEA = """
import sys
from pathlib import Path
import cv2

cv2.setNumThreads(1)
picture, hole, output = map(Path, sys.argv[1:])
files = [(picture, hole, output)]
if picture.is_dir():
    files = [(path, hole / path.name, output / path.name) for path in picture.iterdir()]
for picture, hole, output in files:
    missing = cv2.imread(str(hole), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(output), cv2.inpaint(cv2.imread(str(picture)), missing, 5, cv2.INPAINT_TELEA))
"""
"""Fills a file, or the files of a folder, with OpenCV; missing pixels are white."""


@pytest.fixture
def chosen() -> Callable[..., Selection[MethodSpec]]:
    """Return a function from a method's name and its parameters to a selection, by way of its selector."""
    registry = load_registry()

    def chosen(name: str, **values: Any) -> Selection[MethodSpec]:
        inside = ",".join(f"{parameter}={format_value(value)}" for parameter, value in values.items())
        (selection,) = select([f"{name}[{inside}]" if inside else name], MethodSpec, registry)
        return selection

    return chosen


@pytest.fixture
def method(chosen: Callable[..., Selection[MethodSpec]]) -> Callable[..., Any]:
    """Return a function from a method's name and its parameters to the method."""
    return lambda name, **values: chosen(name, **values).build()


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Return a function that writes a Python program, and returns the parameters of `command` that run it."""

    def script(text: str) -> dict[str, str]:
        (tmp_path / "program.py").write_text(text)
        return {
            "run": "{python} {path} {input} {hole} {output}",
            "path": str(tmp_path / "program.py"),
        }

    return script


@pytest.fixture
def telea(script: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """Return the parameters of `command` that call OpenCV."""
    pytest.importorskip("cv2", reason="OpenCV is not installed: pip install 'inpaintbench[opencv]'")
    return script(TELEA)


@pytest.fixture
def batch() -> Batch:
    """Return three pictures of 20 × 24 pixels in 8-bit levels, each with a hole of its own."""
    random = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, 3, 20, 24), generator=random) / 255
    hole = torch.zeros(3, 1, 20, 24, dtype=torch.bool)
    hole[0, :, 5:12, 5:12] = hole[1, :, :4, :] = True
    hole[2] = torch.rand(1, 20, 24, generator=random) < 0.3
    return Batch(image.masked_fill(hole, 0), hole, (11, 22, 2**63 - 1))
