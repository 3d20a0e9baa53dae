"""The messages that docs/writing-a-method.md explains are those that one meets: each row is provoked here in turn."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import inpaintbench
from inpaintbench.cli import bench
from inpaintbench.errors import InpaintbenchError

PAGE = Path(__file__).parents[2] / "docs/writing-a-method.md"
EXAMPLE = (Path(__file__).parents[2] / "examples/my_method.py").read_text(encoding="utf-8")
SECTION = PAGE.read_text(encoding="utf-8").partition("## Errors one meets")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| `([^`]+)` \|", SECTION, re.MULTILINE)

RETURNED = EXAMPLE[EXAMPLE.index("return torch.where") :].split("\n")[0]

COMMANDS = {
    "syntax": (["list"], EXAMPLE.replace("class BoxFill:", "class BoxFill")),
    "nothing": (["list"], EXAMPLE.replace("@hookimpl\n", "")),
    "misspelt": (["list"], EXAMPLE.replace("def register_methods", "def register_method")),
    "no spec": (["list"], EXAMPLE.replace("return [MethodSpec", "return [dict")),
    "taken": (["list", "--plugin", "copy.py"], EXAMPLE),
    "near": (["plan", "-m", "box_fil"], EXAMPLE),
    "range": (["plan", "-m", "box_fill[radius=0]"], EXAMPLE),
}
"""Arguments of `bench`, and the plugin that stands in `my_method.py`."""

RETURNS = {
    "writes": "return batch.corrupted.add_(1)",
    "shape": "return batch.corrupted[0]",
    "nan": "return batch.corrupted / 0",
    "device": 'return batch.corrupted.to("meta")',
    "diagnostic": 'return Completion(batch.corrupted, diagnostics={"steps": torch.tensor(5)})',
}
"""The last line of the method."""


def row_of(message: str) -> int:
    """Return the number of the one row that explains a message; … stands for any text."""
    patterns = [".*".join(map(re.escape, row.split("…"))) for row in ROWS]
    found = [number for number, pattern in enumerate(patterns) if re.fullmatch(pattern, message, re.DOTALL)]
    assert len(found) == 1, f"{len(found)} rows explain {message!r}"
    return found[0]


@pytest.mark.parametrize("case", COMMANDS)
def test_a_plugin_that_cannot_be_used(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, source = COMMANDS[case]
    monkeypatch.chdir(tmp_path)
    for name in ("my_method.py", "copy.py"):
        Path(name).write_text(source, encoding="utf-8")
    with pytest.raises(InpaintbenchError) as caught:
        CliRunner().invoke(bench, [*arguments, "--plugin", "my_method.py"], catch_exceptions=False)
    assert row_of(str(caught.value)) == list(COMMANDS).index(case)


@pytest.mark.parametrize("case", RETURNS)
def test_a_method_that_breaks_its_contract(case: str, tmp_path: Path) -> None:
    source = EXAMPLE.replace(RETURNED, RETURNS[case]).replace("import Batch,", "import Batch, Completion,")
    (tmp_path / "my_method.py").write_text(source, encoding="utf-8")
    (tmp_path / "pictures").mkdir()
    Image.fromarray(np.full((64, 64, 3), 128, np.uint8)).save(tmp_path / "pictures/grey.png")
    results = inpaintbench.run(
        methods=["box_fill"],
        datasets=[f"image_folder[path={tmp_path / 'pictures'}]"],
        masks=["center_square"],
        metrics=["psnr"],
        plugins=[str(tmp_path / "my_method.py")],
        out=tmp_path / "results",
        device="cpu",
    )
    record = results.cells[0].record
    assert record.status == "invalid-output"
    assert record.error is not None
    message = record.error["message"].replace("on meta; expected cpu", "on cpu; expected cuda:0")
    assert row_of(message) == len(COMMANDS) + list(RETURNS).index(case)


def test_every_row_is_provoked_above() -> None:
    assert len(ROWS) == len(COMMANDS) + len(RETURNS)
