"""Bad input: one clear sentence and exit code 2; 0, 1 and 130 where they belong."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from inpaintbench.cell_writer import CellWriter


def write_plugin(folder: Path, text: str) -> str:
    path = folder / "plugin.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_all_is_well(bench: Any, small: list[str]) -> None:
    outcome = bench("run", *small)

    assert outcome.code == 0
    assert "noise" in outcome.out


def test_a_cell_that_fails(bench: Any, small: list[str]) -> None:
    outcome = bench("run", *small, "-m", "broken[how=raises]")

    assert outcome.code == 1
    assert "broken[how=raises] × drawn × dots: failed. ValueError: the method is broken (see " in outcome.err
    log = Path(outcome.err.partition("(see ")[2].partition(")")[0])
    assert "the method\nis broken" in log.read_text(encoding="utf-8")
    retry = (
        "Some cells failed; the table names them, and each one's log.txt says more. `--rerun failed` tries them again."
    )
    assert outcome.err.splitlines()[-1] == retry
    second = bench("run", *small, "-m", "broken[how=raises]")
    assert second.code == 1  # stored as a failure, not run again
    assert second.err.splitlines() == ["2 cells: 0 to run, 1 stored in results/embedded, 1 failed before.", retry]
    third = bench("run", *small, "-m", "broken[how=raises]", "--rerun", "failed")
    assert third.err.startswith("2 cells: 1 to run, 1 stored in results/embedded.\n[1/1] broken")
    assert bench("run", *small).code == 0  # nothing of it was asked for


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "nois"], "There is no method called 'nois'. Did you mean noise?"),
        (["-d", "drwan"], "There is no dataset called 'drwan'. Did you mean drawn?"),
        (["-k", "dot"], "There is no mask called 'dot'. Did you mean dots?"),
        (["--metric", "pnsr"], "There is no metric called 'pnsr'. Did you mean psnr"),
        (["-m", "zzz*"], "There is no method called 'zzz*'."),
        (["-m", "noise[gian=2]"], "There is no parameter of the method noise called 'gian'. Did you mean gain?"),
        (["-m", "noise[gain=high]"], "method noise: gain=high is not possible: expected a number at least 0."),
        (["-m", "noise[gain=-1]"], "method noise: gain=-1"),
        (["-m", "noise[gain=nan]"], "gain=nan is not possible"),
        (["-d", "drawn[count=2.5]"], "dataset drawn: count=2.5 is not possible: expected a whole number at least 1."),
        (["-k", "dots[fault=odd]"], "expected one of none, constructor, draw, kind, shape."),
        (["-k", "center_square[side=17]"], "center_square"),
        (["-m", "broken"], "method broken: it needs how=…"),
        (["-m", "noise[gain=1,gain=2]"], "gives gain twice"),
        (["-m", "noise[gain=1"], "'noise[gain=1' is no selector; expected name[param=value,…]."),
        (["-m", ""], "'' is no selector"),
        (["-d", "drawn[fault=absent]"], "the data set is not there"),
        (["--device", "nonsense"], "'nonsense' is no device; expected auto, cpu, cuda, cuda:N or mps."),
        (["--batch-size", "0"], "'0' is not possible; expected auto or a whole number from 1."),
        (["--batch-size", "many"], "'many' is not possible; expected auto or a whole number from 1."),
        (["--batch-size", "-1"], "'-1' is not possible"),
        (["--samples", "-1"], "'-1' is not possible; expected all or a whole number from 0."),
        (["--size", "0"], "0 is not in the range 1<=x<=4096"),
        (["--size", "4097"], "4097 is not in the range"),
        (["--size", "large"], "'large' is not a valid integer"),
        (["--limit", "0"], "0 is not in the range 1<=x"),
        (["--limit", str(2**63)], "is not in the range"),
        (["--seed", "-1"], "-1 is not in the range 0<=x"),
        (["--rerun", "some"], "'some' is not one of 'missing', 'stale', 'failed', 'all'"),
        (["--suite", "embeded"], "Did you mean embedded?"),
        (["--suite", "absent.toml"], "The suite absent.toml cannot be read: No such file or directory."),
        (["--plugin", "absent.py"], "The plugin absent.py cannot be imported"),
        (["--plugin", "absent_module"], "No module named 'absent_module'"),
        (["--bath-size", "3"], "No such option"),
    ],
)
def test_what_cannot_be_done(bench: Any, small: list[str], arguments: list[str], message: str) -> None:
    outcome = bench("run", *small, *arguments)

    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert not Path("results").exists()


@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_gpu_that_is_not_there(bench: Any, small: list[str], monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    outcome = bench("run", *small, "--device", device)

    assert outcome.code == 2
    assert outcome.err == "bench: There is no CUDA device here that torch can use; `bench doctor` says what there is.\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('methods = ["noise"]\ndatasets = ["drawn\n', "line 2"),
        ('methods = ["noise"]\nmasks = ["dots"]\n', "names no datasets"),
        ('methods = ["noise"]\ndatasets = ["drawn"]\nmasks = ["dots"]\nsizes = 8', "Did you mean size?"),
        ('methods = ["noise"]\ndatasets = ["drawn"]\nmasks = ["dots"]\nsize = 0', "size = 0 is not possible"),
    ],
)
def test_a_suite_that_is_none(bench: Any, small: list[str], tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    outcome = bench("run", "--suite", "mine.toml", *small)

    assert outcome.code == 2
    assert "mine.toml" in outcome.err
    assert message in outcome.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import math\nimport absent_library\n", "plugin.py cannot be imported: ModuleNotFoundError: No module named"),
        ("import math\ndef broken(:\n", "line 2: invalid syntax"),
        ("1 / 0\n", "plugin.py cannot be imported: ZeroDivisionError: division by zero"),
        ("import math\n", "registers nothing. Expected at least one function called register_methods"),
        ("def register_methods():\n    return []\n", "registers nothing"),
        (
            "from inpaintbench import hookimpl\n@hookimpl\ndef register_method():\n    return []\n",
            "implements a hook that does not exist",
        ),
        (
            "from inpaintbench import hookimpl\n@hookimpl\ndef register_methods():\n    return ['noise']\n",
            "register_methods returned 'noise'; expected a list of MethodSpec",
        ),
        (
            "from inpaintbench import hookimpl\nfrom inpaintbench.api import MethodSpec\n"
            "@hookimpl\ndef register_methods():\n"
            "    return [MethodSpec(name='noise', target='a:B', summary='')]\n",
            "The method 'noise' is brought by",
        ),
    ],
)
def test_a_plugin_that_is_none(bench: Any, small: list[str], tmp_path: Path, text: str, message: str) -> None:
    outcome = bench("run", *small, "--plugin", write_plugin(tmp_path, text))

    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err


def test_a_target_that_is_not_there_costs_its_cells(bench: Any, small: list[str], tmp_path: Path) -> None:
    text = (
        "from inpaintbench import hookimpl\nfrom inpaintbench.api import MethodSpec\n@hookimpl\n"
        "def register_methods():\n    return [MethodSpec(name='lost', target='absent_library:Lost', summary='')]\n"
    )
    outcome = bench("run", *small, "--plugin", write_plugin(tmp_path, text), "-m", "lost")

    assert outcome.code == 1
    assert "lost × drawn × dots: failed. ModuleNotFoundError: No module named 'absent_library'" in outcome.err
    assert "noise × drawn × dots: 6 of 6 images" in outcome.err


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("-d image_folder[path=empty]", "empty holds no picture, at any depth: expected files ending in .bmp"),
        ("-d image_folder[path=file]", "file is a file; expected a folder"),
        ("-d image_folder[path=absent]", "There is no folder"),
        ("-d image_folder", "image_folder: it needs path=…"),
        ("-k mask_folder[path=empty]", "There is no mask in"),
        ("-k mask_folder[path=file]", "file is a file; expected a folder"),
        ("-k mask_folder[path=absent]", "There is no folder"),
    ],
)
def test_a_folder_without_pictures(bench: Any, small: list[str], tmp_path: Path, selector: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no folder")
    outcome = bench("run", *small, *selector.split(" "))

    assert outcome.code == 2
    assert message in outcome.err
    assert "path=…" in message or str(tmp_path) in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_picture_that_cannot_be_decoded_is_left_out_and_named(bench: Any, small: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "faces"
    folder.mkdir()
    Image.new("RGB", (40, 30), (9, 99, 200)).save(folder / "good.png")
    (folder / "cut.png").write_bytes((folder / "good.png").read_bytes()[:60])
    arguments = [*small, "-d", "image_folder[path=faces]"]
    plain = bench("run", *arguments)
    strict = bench("run", *arguments, "--strict")
    strict_at_once = bench("run", *arguments, "--strict", "--out", "other")

    assert (plain.code, strict.code, strict_at_once.code) == (0, 1, 1)
    assert "1 of 2 images, 1 could not be decoded" in plain.err
    assert "cut.png" in plain.out
    assert "stored without what could not be decoded (--strict): cut.png" in strict.err
    assert "UnreadableImageError: cut.png" in strict_at_once.err


def test_a_folder_of_which_nothing_can_be_decoded(bench: Any, small: list[str], tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "text.png").write_text("no picture")
    outcome = bench("run", *small, "-d", "image_folder[path=faces]")

    assert outcome.code == 1
    assert "No image of image_folder[path=faces] can be decoded; the first: text.png" in outcome.err


def test_a_cell_that_cannot_be_written_has_no_log_to_read(bench: Any, small: list[str]) -> None:
    (planned,) = json.loads(bench("plan", *small, "--json").out)
    writer = CellWriter(Path(planned["folder"])).open()  # as another run would
    try:
        outcome = bench("run", *small)
    finally:
        writer.close()

    assert outcome.code == 1
    assert "noise × drawn × dots: not stored. " in outcome.err
    assert outcome.err.endswith("incomplete or not stored; `bench plan` with the same options names them.\n")
    assert "log.txt" not in outcome.err


@pytest.mark.parametrize("command", ["run", "plan", "table", "list", "show", "doctor"])
def test_every_command_explains_itself(bench: Any, command: str) -> None:
    outcome = bench(command, "--help")

    assert outcome.code == 0
    assert outcome.out.startswith(f"Usage: bench {command}")


@pytest.mark.parametrize(
    ("arguments", "target", "message"),
    [
        (["list"], "inpaintbench.cli.catalog.registry_with", "Interrupted."),
        (
            ["run"],
            "inpaintbench.execution.run.make_plan",
            "Interrupted. Everything scored so far is kept; the same command goes on from there.",
        ),
        (
            ["run", "--rerun", "all"],
            "inpaintbench.execution.run.make_plan",
            "Interrupted. Finished results are kept, and the cell that was running keeps the complete result that it"
            " had, if any. The same command runs every cell anew; without --rerun all, only what has no result yet is"
            " run.",
        ),
    ],
)
def test_an_interrupt_says_what_is_kept(
    bench: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], target: str, message: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(target, interrupt)
    outcome = bench(*arguments)

    assert outcome.code == 130
    assert outcome.err == f"\n{message}\n"  # the terminal has shown ^C on the first line


def test_an_interrupted_repetition_keeps_the_result(
    bench: Any, small: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bench("run", *small)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("inpaintbench.cell_writer.CellWriter.seal", interrupt)
        assert bench("run", *small, "--rerun", "all").code == 130
    second = bench("run", *small)

    assert second.err == "1 cell: 0 to run, 1 stored in results/embedded.\n"
    assert second.out == first.out


def test_a_command_that_is_none(bench: Any) -> None:
    outcome = bench("rnu")

    assert outcome.code == 2
    assert "No such command 'rnu'" in outcome.err


def test_the_process_itself_ends_with_these_codes(start: Any, small: list[str]) -> None:
    processes = [start("list"), start("run", *small, "-m", "broken[how=exits]"), start("show", "nothing")]
    for process in processes:
        process.communicate()

    assert [process.returncode for process in processes] == [0, 1, 2]


def test_a_decompression_bomb(bench: Any, small: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (20, 20), "green").save(folder / "a.png")
    content = bytearray((folder / "a.png").read_bytes())
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (folder / "b.png").write_bytes(content)
    outcome = bench("run", *[argument.replace("drawn", f"image_folder[path={folder}]") for argument in small])

    assert outcome.code == 2
    assert f"bench: {folder / 'b.png'} declares more than 178,956,970 pixels" in outcome.err
    assert "Traceback" not in outcome.err
