"""What is written as LaTeX goes through pdflatex, whatever names it holds, with siunitx 2 and 3 and without."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import assess, render, to_styler
from inpaintbench.stored import StoredCell

StoreCell = Callable[..., StoredCell]
MakeCell = Callable[..., StoredCell]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex (texlive-latex-extra, -science)"),
]

HOSTILE = (
    "[x]*\\\\ %$#_{}~^&|<>`'\"",
    "--?`é ñ Å ß ı 中 🎨 ≤ × ± \\end{table}\\input{x}",
    "\x1b[31m\n\ttabs\x00",
    "a" * 30 + "\N{COMBINING ACUTE ACCENT}",
)
PLAIN = ("mean_fill", "glcic[preset=quick]", "yeh[preset=quick,step=0.01]")
PAGE = r"""\documentclass{article}
\usepackage[paperwidth=60cm,paperheight=42cm,margin=1cm]{geometry}
%s
\begin{document}
\listoftables
%s
\end{document}
"""
PACKAGES = {
    "plain": r"\usepackage{booktabs}",
    "siunitx": r"\usepackage{booktabs,siunitx}",
    "siunitx 2": r"\usepackage{booktabs}\usepackage{siunitx}[=v2]\usepackage{etoolbox}\robustify\bfseries",
}
ARRANGEMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"layout": "long", "columns": ["psnr", "lpips", "time"]},
    *({"by": by} for by in ("mask", "dataset", "hole_ratio", "class")),
    {"aggregate": "mean"},
    {"aggregate": "borda"},
)


@pytest.fixture
def board(store_cell: StoreCell, make_cell: MakeCell) -> Leaderboard:
    cells = []
    for mask in ("center_square[side=20]", HOSTILE[1]):
        for at, name in enumerate((*PLAIN, *HOSTILE)):
            drawn = np.random.default_rng(at).normal(0, 0.3, 12)
            images = [
                {
                    "psnr": 12.0 + at * 7 + number,
                    "lpips[net=squeeze]": 0.5 - at / 20 + number / 100,
                    "hole_ratio": 0.05 if index % 2 else 0.7,
                    "class": HOSTILE[index % 4],
                }
                for index, number in enumerate(drawn)
            ]
            key = f"{at}{mask[:1]}"
            more = {"unconverged": 3} if at == 1 else {}
            cells.append(store_cell(name, images, mask=mask, dataset="photos_of", key=key, **more))
    error = {"type": "E", "message": f"{HOSTILE[0]} /a/path_of/many/parts_and_names/that_is_long.txt"}
    failed = make_cell("broken", mask=HOSTILE[1], dataset="photos_of", status="failed", error=error, expected=12)
    return Leaderboard.from_cells([*cells, failed])


def compile_page(folder: Path, packages: str, text: str) -> str:
    """Compile a page twice, and return the log of the second time."""
    folder.mkdir()
    (folder / "page.tex").write_text(PAGE % (packages, text), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "page.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-3000:]
    return (folder / "page.log").read_text(encoding="utf-8", errors="replace").replace("\n", "")


@pytest.mark.parametrize("packages", PACKAGES)
@pytest.mark.parametrize("intervals", [False, True])
def test_every_arrangement_compiles(board: Leaderboard, tmp_path: Path, packages: str, intervals: bool) -> None:
    certainty = assess(board, board.columns)
    siunitx = packages != "plain"
    for at, arrangement in enumerate(ARRANGEMENTS):
        text = render(board, "latex", certainty=certainty, intervals=intervals, siunitx=siunitx, **arrangement)
        log = compile_page(tmp_path / str(at), PACKAGES[packages], text)
        assert not re.findall(r"Overfull \\hbox[^O]{0,60}|multiply defined|Missing character", log)


def test_a_styler_compiles(board: Leaderboard, tmp_path: Path) -> None:
    text = to_styler(board, certainty=assess(board, board.columns), target="latex").to_latex(hrules=True)
    compile_page(tmp_path / "page", r"\usepackage{booktabs,multirow}", text)
