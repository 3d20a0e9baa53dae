from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import SuiteError, UnknownNameError
from inpaintbench.suite import DEFAULT, Suite, bundled_suites

MINIMAL = 'methods = ["tv"]\ndatasets = ["photos"]\nmasks = ["circle", "center_square[side=20]"]\n'


def write(folder: Path, text: str | bytes, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


@pytest.mark.parametrize("name", sorted(bundled_suites()))
def test_bundled_suites_load(name: str) -> None:
    suite = Suite.load(name)

    assert suite.name == name
    assert suite.description
    assert suite.default_folder == Path("results") / name


def test_the_embedded_suite_is_that_of_the_original_report() -> None:
    suite = Suite.load(DEFAULT)

    learned = ("yeh[preset=quick]", "context_encoder[preset=quick]", "glcic[preset=quick]")
    assert suite.methods == ("mean_fill", "harmonic", "tv", *learned)
    assert (suite.datasets, len(suite.masks), suite.metrics) == (("photos", "cartoon_faces"), 5, ())
    assert (suite.size, suite.seed, suite.limit) == (64, 0, None)


def test_a_file_says_all_that_a_suite_can_say(tmp_path: Path) -> None:
    text = MINIMAL + 'metrics = ["psnr"]\nsize = 128\nseed = 7\nlimit = 5\ndescription = "Ünïcode."\nname = "other"\n'

    assert Suite.load(write(tmp_path, text)) == Suite(
        name="other",
        methods=("tv",),
        datasets=("photos",),
        masks=("circle", "center_square[side=20]"),
        metrics=("psnr",),
        size=128,
        seed=7,
        limit=5,
        description="Ünïcode.",
    )


def test_a_file_is_called_after_itself_and_the_rest_is_by_default(tmp_path: Path) -> None:
    suite = Suite.load(write(tmp_path, MINIMAL, "my faces.v2.toml"))

    assert (suite.name, suite.metrics, suite.size, suite.seed, suite.limit) == ("my faces.v2", (), 64, 0, None)


def test_line_ends_and_the_byte_order_mark_of_windows_are_read(tmp_path: Path) -> None:
    windows = b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode()

    assert Suite.load(write(tmp_path, windows)) == Suite.load(write(tmp_path, MINIMAL))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('methods = ["tv"]\nsize = = 3\n', "line 2, column 8"),
        ("size = 1\nsize = 2\n", "line 2, column 9"),
        ("\nmethods = tv\n", "line 2, column 11"),
        ("\0", "line 1, column 1"),
        ("methods = [\n", "end of document"),
    ],
)
def test_what_is_no_toml_is_named_with_line_and_column(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SuiteError, match=rf"mine\.toml is no TOML: .*\(at {place}\)"):
        Suite.load(write(tmp_path, text))


@pytest.mark.parametrize("key", ["methods", "datasets", "masks"])
@pytest.mark.parametrize("value", ["", " = []"])
def test_a_suite_names_methods_data_sets_and_masks(tmp_path: Path, key: str, value: str) -> None:
    lines = [line if not line.startswith(key) else f"{key}{value}" if value else "" for line in MINIMAL.splitlines()]

    with pytest.raises(SuiteError, match=rf"mine\.toml names no {key}; expected {key} = "):
        Suite.load(write(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("size = true", "size = True is not possible; expected a whole number from 1 to 4096"),
        ("size = 0", "size = 0 is not possible"),
        ("size = -64", "size = -64 is not possible"),
        ("size = 4097", "size = 4097 is not possible"),
        ("size = 64.0", "size = 64.0 is not possible"),
        ('size = "64"', "size = '64' is not possible"),
        ("seed = -1", "seed = -1 is not possible; expected a whole number from 0"),
        ("seed = 9223372036854775808", "seed = 9223372036854775808 is not possible"),
        ("seed = false", "seed = False is not possible"),
        ("limit = 0", "limit = 0 is not possible; expected a whole number from 1"),
        ("metrics = []", r"metrics = \[\] is not possible; expected a list of selectors"),
        ('metrics = "psnr"', "metrics = 'psnr' is not possible; expected a list of selectors"),
        ("metrics = [1]", r"metrics = \[1\] is not possible"),
        ("description = 3", "description = 3 is not possible; expected text"),
        ('name = "../elsewhere"', "name = '../elsewhere' is not possible; .*names a folder"),
        ('name = ""', "name = '' is not possible"),
    ],
)
def test_wrong_values_are_refused_with_what_was_expected(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(SuiteError, match=rf"mine\.toml: {message}"):
        Suite.load(write(tmp_path, MINIMAL + line))


def test_methods_must_be_a_list(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="methods = 'tv' is not possible; expected a list of selectors"):
        Suite.load(write(tmp_path, MINIMAL.replace('["tv"]', '"tv"')))


def test_an_unknown_key_brings_the_near_ones(tmp_path: Path) -> None:
    with pytest.raises(
        UnknownNameError, match=r"key of a suite \(in .*mine\.toml\) called 'mask'\. Did you mean masks"
    ):
        Suite.load(write(tmp_path, MINIMAL + 'mask = ["circle"]'))


def test_a_table_is_no_key_of_a_suite(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="called 'suite'"):
        Suite.load(write(tmp_path, "[suite]\n" + MINIMAL))


def test_what_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SuiteError, match=r"absent\.toml cannot be read: No such file or directory\."):
        Suite.load(str(tmp_path / "absent.toml"))
    with pytest.raises(SuiteError, match=r"folder\.toml cannot be read: Is a directory\."):
        Suite.load(str(tmp_path / "folder.toml"))
    with pytest.raises(SuiteError, match=r"mine\.toml is not UTF-8 text\."):
        Suite.load(write(tmp_path, MINIMAL.encode() + b'description = "\xe9"'))
    with pytest.raises(
        UnknownNameError, match=r"no suite \(nor a file ending in \.toml\) called 'embeded'. Did you mean em"
    ):
        Suite.load("embeded")


def test_overrides_take_the_place_of_what_they_name_alone(tmp_path: Path) -> None:
    suite = Suite.load(write(tmp_path, MINIMAL))

    assert suite.replace(methods=("harmonic",), masks=(), metrics=[], size=None, seed=0, limit=3) == Suite(
        name="mine", methods=("harmonic",), datasets=suite.datasets, masks=suite.masks, seed=0, limit=3
    )
    assert suite.replace() == suite


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": -5}, "this run: size = -5 is not possible"),
        ({"size": True}, "this run: size = True is not possible"),
        ({"limit": 0}, "this run: limit = 0 is not possible"),
        ({"seed": -1}, "this run: seed = -1 is not possible"),
        ({"methods": "tv"}, "this run: methods = 'tv' is not possible; expected a list of selectors"),
        ({"masks": (1,)}, r"this run: masks = \(1,\) is not possible"),
    ],
)
def test_overrides_are_checked_as_a_file_is(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        Suite.load(write(tmp_path, MINIMAL)).replace(**changes)


@pytest.mark.parametrize(
    ("changes", "adapted"),
    [
        ({}, False),
        ({"seed": 1, "masks": ("circle",)}, False),
        ({"datasets": ("textures",)}, True),
        ({"size": 128}, True),
        ({"datasets": ("textures",), "methods": ("tv",)}, False),
    ],
)
def test_a_suite_is_adapted_where_its_own_methods_meet_other_pictures(changes: dict[str, Any], adapted: bool) -> None:
    suite = Suite.load("embedded").replace(**changes)

    assert suite.adapted == adapted
    assert suite.replace(seed=3).adapted == adapted
    assert not suite.replace(methods=("tv",)).adapted


def test_no_file_says_that_it_is_adapted(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="adapted"):
        Suite.load(write(tmp_path, MINIMAL + "adapted = true\n"))
