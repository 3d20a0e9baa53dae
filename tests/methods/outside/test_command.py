"""`command`: which files a program is given, which it may return, and how its command is written in a selector."""

from __future__ import annotations

import pickle
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

import inpaintbench
from inpaintbench import ops
from inpaintbench.api import Batch, MethodSpec
from inpaintbench.errors import InvalidOutputError, ParameterError
from inpaintbench.parameters import format_value
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select
from inpaintbench.store import slug
from inpaintbench_methods.outside.calling import ProgramError

REGISTRY = load_registry()
Script = Callable[[str], dict[str, str]]
KEEP = """
import json, os, shutil, sys
picture, hole, output = sys.argv[1:4]
kept = {kept!r}
shutil.copy(picture, kept + "/picture.png"), shutil.copy(hole, kept + "/hole.png"), shutil.copy(picture, output)
json.dump([os.getcwd(), *sys.argv[1:]], open(kept + "/told", "w"))
"""


def imagemagick() -> str:
    """Return ImageMagick's program; nothing if it is not installed. Windows has another `convert`."""
    for name in ("magick", "convert-im6.q16", "convert"):
        if found := shutil.which(name):
            said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stdout
            if said.startswith("Version: ImageMagick"):
                return found
    return ""


def composite(method: Any, batch: Batch) -> torch.Tensor:
    return ops.to_levels(ops.composite(method.complete(batch), batch.corrupted, batch.hole))


@pytest.mark.parametrize("per", ["image", "folder"])
def test_a_program_gets_the_numbers_of_the_method_inside(
    method: Callable[..., Any], telea: dict[str, str], batch: Batch, per: str
) -> None:
    inside = ops.to_levels(
        ops.composite(method("opencv", algorithm="telea").complete(batch).image, batch.corrupted, batch.hole)
    )

    assert torch.equal(composite(method("command", **telea, per=per), batch), inside)


def test_a_run_of_it_gets_the_same_scores_to_the_last_digit(telea: dict[str, str], tmp_path: Path) -> None:
    selectors = [f"command[run={format_value(telea['run'])},path={telea['path']}]", "opencv[algorithm=telea]"]
    results = inpaintbench.run(
        methods=selectors,
        datasets="photos",
        masks="random_rectangle",
        metrics=["psnr", "ssim", "l1", "psnr_hole", "l1_hole"],
        limit=3,
        size=32,
        device="cpu",
        out=tmp_path / "results",
    )
    outside, inside = [cell.images() for cell in results.cells]

    assert results.complete
    for name in ("psnr", "ssim", "l1", "psnr_hole", "l1_hole"):
        assert outside[name].tolist() == inside[name].tolist()
    assert (outside["seconds"] > 0).all()


@pytest.mark.parametrize("missing", ["white", "black"])
def test_it_is_given_the_picture_its_hole_and_its_seed(
    method: Callable[..., Any], batch: Batch, tmp_path: Path, missing: str
) -> None:
    import json

    (tmp_path / "keep.py").write_text(KEEP.format(kept=str(tmp_path)))
    run = f"'{sys.executable}' {{path}} {{input}} {{hole}} {{output}} --seed={{seed}} {{other}} 'a b'"
    command = method("command", run=run, path=str(tmp_path / "keep.py"), missing=missing)
    single = Batch(batch.corrupted[2:], batch.hole[2:], batch.seeds[2:])
    found = command.complete(single)
    picture, hole = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("picture", "hole"))
    told = json.loads((tmp_path / "told").read_text())

    assert torch.equal(found, single.corrupted)
    assert np.array_equal(picture, (single.corrupted[0] * 255).round().permute(1, 2, 0).numpy())
    assert np.array_equal(hole, np.where(single.hole[0, 0] == (missing == "white"), 255, 0))
    assert told[4:] == [f"--seed={2**63 - 1}", "{other}", "a b"]
    assert {Path(name).parent for name in told[1:4]} == {Path(told[0])}
    assert not Path(told[0]).exists()
    assert Path(told[0]).is_relative_to(Path(tempfile.gettempdir()).resolve())


def test_each_picture_is_filled_by_a_call_of_its_own(method: Callable[..., Any], script: Script, batch: Batch) -> None:
    stores = "import sys\nfrom PIL import Image\nsize = Image.open(sys.argv[1]).size\n"
    count = "import os\nnumber = 40 * len(os.listdir('.'))\nImage.new('RGB', size, (number,) * 3).save(sys.argv[3])\n"
    filled = method("command", **script(stores + count)).complete(batch)

    assert (filled * 255).unique().tolist() == [80]  # the picture and its hole, and nothing of another call


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", r"ended well and has not written output\.png"),
        ("sys.stderr.write('no licence')", r"has not written output\.png\. It said: no licence"),
        ("open(sys.argv[3], 'w')", r"has written to output\.png cannot be read: it is no PNG file"),
        ("Image.new('RGB', (24, 21)).save(sys.argv[3])", "it has 24 × 21 pixels, expected 24 × 20"),
        ("Image.new('RGBA', (24, 20)).save(sys.argv[3])", "100 % of its pixels are transparent"),
        ("Image.new('I;16', (24, 20)).save(sys.argv[3])", "it has 16 bits a channel"),
        ("os.mkdir(sys.argv[3])", r"has not written output\.png"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    method: Callable[..., Any], script: Script, batch: Batch, code: str, why: str
) -> None:
    command = method("command", **script(f"import os, sys\nfrom PIL import Image\n{code}"))
    with pytest.raises(InvalidOutputError, match=why):
        command.complete(batch)


def test_a_folder_that_lacks_one_is_refused(method: Callable[..., Any], script: Script, batch: Batch) -> None:
    code = "import os, shutil, sys\nos.remove(sys.argv[1] + '/000001.png')\nos.rmdir(sys.argv[3])\n"
    command = method("command", **script(code + "shutil.copytree(sys.argv[1], sys.argv[3])"), per="folder")

    with pytest.raises(InvalidOutputError, match=r"has not written 000001\.png"):
        command.complete(batch)


def test_grey_and_opaque_alpha_are_taken(method: Callable[..., Any], script: Script, batch: Batch) -> None:
    code = "import sys\nfrom PIL import Image\nImage.new('LA', (24, 20), (77, 255)).save(sys.argv[3])"

    assert (method("command", **script(code)).complete(batch) * 255).unique().tolist() == [77]


def test_a_failing_program_costs_its_cell_and_says_why(script: Script, tmp_path: Path) -> None:
    values = script("raise SystemExit('it needs a licence')")
    results = inpaintbench.run(
        methods=f"command[run={format_value(values['run'])},path={values['path']}]",
        datasets="photos",
        masks="circle",
        metrics="psnr",
        limit=1,
        out=tmp_path / "results",
        device="cpu",
    )
    error = results.cells[0].record.error

    assert results.cells[0].record.status == "failed"
    assert error is not None
    assert error["type"] == "ProgramError"
    assert error["message"].endswith("ended with the exit code 1. It said: it needs a licence")


def test_a_change_of_what_path_names_is_another_result(
    chosen: Callable[..., Any], script: Script, tmp_path: Path
) -> None:
    from inpaintbench.execution.chosen import ChosenMethod
    from inpaintbench.execution.planning.plan import weights_here

    def digest() -> str:
        return ChosenMethod.look_up(chosen("command", **values), weights_here).digest

    values = script("one")
    first = digest()
    assert digest() == first
    script("another")
    assert digest() != first
    assert values["path"] not in str(ChosenMethod.look_up(chosen("command", **values), weights_here).identity)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"run": "python 'a {input} {output}"}, "cannot be split into words: No closing quotation"),
        ({"run": "python {input}"}, r"lacks \{output\}; expected PROGRAM \{input\} … \{output\}"),
        ({"run": "python"}, r"lacks \{input\} and \{output\}"),
        ({"run": "python {path} {input} {output}"}, r"The command holds \{path\}; expected path=…"),
        ({"run": "python {input} {output} {seed}", "per": "folder"}, r"\{seed\} is that of one picture"),
        ({"run": "python fill.py {input} {output}"}, r"fill\.py lies in the current folder.*Write \{path\} in its"),
        ({"run": "python {input} {output}", "seconds": 0}, "seconds=0 is not possible"),
    ],
)
def test_a_command_that_cannot_be_right_is_refused(
    method: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fill.py").write_text("")
    with pytest.raises(ParameterError, match=why):
        method("command", **values)


def test_what_is_not_there_is_named(method: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="There is no program gimp-9"):
        method("command", run="gimp-9 {input} {output}")
    with pytest.raises(ProgramError, match=r"There is nothing at .*absent\.py"):
        method("command", run="python {path} {input} {output}", path=str(tmp_path / "absent.py"))


def test_it_survives_pickling(method: Callable[..., Any], telea: dict[str, str], batch: Batch) -> None:
    command = method("command", **telea)

    assert torch.equal(pickle.loads(pickle.dumps(command)).complete(batch), command.complete(batch))


HOSTILE = [
    'gimp -b "(fill \\"{input}\\" \'{hole}\')" {output}',
    "a,b=c[d] {input} ] , = \" ' \\",
    "\\",
    "trailing\\",
    "\\\\\"\\'",
    " leading and trailing ",
    "new\nline\ttab\r",
    "] [",
    "=",
    '"',
    "{input}{output}{}",
    "sh -c 'cat $1 > $2; rm -rf ~' _ {input} {output}",
    "é ‘’ ×\u2028\u00a0\x1c",
    "*?[!a]",
    "x" * 5000,
]


def names_itself(run: str) -> None:
    (first,) = select([f"command[run={format_value(run)}]"], MethodSpec, REGISTRY)
    (second,) = select([first.name], MethodSpec, REGISTRY)
    (beside,) = select([f"command[missing=black,run={format_value(run)},per=folder]"], MethodSpec, REGISTRY)
    (again,) = select([beside.name], MethodSpec, REGISTRY)
    assert dict(first.values)["run"] == dict(beside.values)["run"] == run
    assert second == first
    assert again == beside


@pytest.mark.parametrize("run", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_command_survives_its_selector(run: str) -> None:
    names_itself(run)


@given(st.text(min_size=1))
@example('\\"')
def test_any_command_survives_its_selector(run: str) -> None:
    names_itself(run)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_words_that_were_quoted_for_a_shell_come_back(words: list[str]) -> None:
    run = shlex.join(words)
    (selection,) = select([f"command[run={format_value(run)}]"], MethodSpec, REGISTRY)

    assert shlex.split(str(dict(selection.values)["run"])) == words


def test_a_long_command_has_a_folder_of_its_own() -> None:
    names = [f"command[run={'x' * 3000}{end}]" for end in ("a", "b", "/../..", "\n")]

    assert len({slug(name) for name in names}) == 4
    assert all(len(slug(name)) <= 100 and "/" not in slug(name) for name in names)


@pytest.mark.skipif(not imagemagick(), reason="ImageMagick is not installed: apt-get install imagemagick")
def test_imagemagick_fills_holes_with_a_blurred_copy(method: Callable[..., Any], batch: Batch) -> None:
    run = f"{imagemagick()} {{input}} ( +clone -blur 0x4 ) {{hole}} -composite -depth 8 PNG24:{{output}}"
    filled = method("command", run=run).complete(batch)
    levels, given_levels = ops.to_levels(filled), ops.to_levels(batch.corrupted)
    known = (~batch.hole).expand(-1, 3, -1, -1)

    assert torch.equal(levels[known], given_levels[known])
    inside = levels[~known].float()
    assert inside.min() > 0
    assert inside.max() < 255
    assert inside.std() < given_levels[known].float().std() / 2
