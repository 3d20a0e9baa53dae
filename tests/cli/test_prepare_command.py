"""`bench prepare`: a data set that is fetched, one that a person must fetch, and pictures prepared once."""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"

PLUGIN = """
from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, Download, Parameter
from inpaintbench_datasets.image_folder import ImageFolder

@hookimpl
def register_datasets():
    path = Parameter(name="path", kind="path", default="tiny", help="The folder.")
    download = Download(
        url="{url}",
        filename="tiny.tar",
        megabytes=0.1,
        checksum="sha256:{digest}",
        unpack=True,
        holds=("a.png", "b.png"),
    )
    common = dict(target="inpaintbench_datasets.image_folder:ImageFolder", summary="Two pictures.", licence="CC0")
    return [
        DatasetSpec(name="tiny", parameters=(path,), downloads=(download,), **common),
        DatasetSpec(
            name="by_hand", parameters=(path,), homepage="https://example.org", layout="a.png and b.png", **common
        ),
    ]
"""


def archive() -> bytes:
    """Return a tar file with two pictures of 20 × 20 pixels."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, level in (("a.png", 10), ("b.png", 200)):
            picture = io.BytesIO()
            Image.new("RGB", (20, 20), (level, level, level)).save(picture, format="PNG")
            member = tarfile.TarInfo(name)
            member.size = len(picture.getvalue())
            tar.addfile(member, io.BytesIO(picture.getvalue()))
    return packed.getvalue()


@pytest.fixture
def server() -> Iterator[Any]:
    """Serve the archive, and count how often."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(archive())))
            self.end_headers()
            self.wfile.write(archive())

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    served: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.served = served  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def plugin(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a plugin file with the two data sets, whose folder would be below the data folder."""
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path / "data"))
    path = tmp_path / "plugin.py"
    url = f"http://127.0.0.1:{server.server_port}/tiny.tar"
    path.write_text(PLUGIN.format(url=url, digest=hashlib.sha256(archive()).hexdigest()))
    return path


def test_what_may_be_fetched_is_fetched_unpacked_and_prepared(
    bench: Any, plugin: Path, server: Any, tmp_path: Path
) -> None:
    outcome = bench("prepare", "tiny", "--size", "16", "--plugin", plugin)

    assert outcome.code == 0
    folder = tmp_path / "data" / "tiny"
    assert f"tiny: fetching to {folder}. Terms: CC0" in outcome.err
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == ["a.png", "b.png"]
    assert outcome.out.startswith("tiny: 2 test images at 16 × 16, prepared in ")
    pictures = np.load(Path(outcome.out.split(" prepared in ")[1].strip()) / "pictures.npy")
    assert pictures.shape == (2, 16, 16, 3)
    assert pictures.mean(axis=(1, 2, 3)).tolist() == [10, 200]

    again = bench("prepare", "tiny", "--size", "16", "--plugin", plugin)
    assert (again.code, again.out, again.err) == (0, outcome.out, "")
    assert server.served == ["/tiny.tar"]


def test_what_a_person_must_fetch_is_described(bench: Any, plugin: Path, tmp_path: Path) -> None:
    outcome = bench("prepare", "by_hand", "--plugin", plugin)

    assert (outcome.code, outcome.out) == (2, "")
    for part in ("https://example.org", "CC0", str(tmp_path / "data" / "tiny"), "  a.png and b.png"):
        assert part in outcome.err


def test_one_that_cannot_be_had_does_not_keep_the_others(bench: Any, plugin: Path) -> None:
    outcome = bench("prepare", "by_hand", "photos", "--size", "8", "--limit", "3", "--plugin", plugin)

    assert outcome.code == 2
    assert outcome.out.startswith("photos: 3 test images at 8 × 8, prepared in ")


def test_a_wrong_checksum_is_named_and_leaves_no_data_set(bench: Any, plugin: Path, tmp_path: Path) -> None:
    plugin.write_text(plugin.read_text().replace(hashlib.sha256(archive()).hexdigest(), "0" * 64))
    outcome = bench("prepare", "tiny", "--plugin", plugin)

    assert outcome.code == 2
    assert "0" * 64 in outcome.err
    assert not list((tmp_path / "data").rglob("*.png"))


def test_other_splits_and_what_cannot_be_decoded(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "pictures" / "good.png")
    (tmp_path / "pictures" / "bad.png").write_bytes(b"no picture")
    outcome = bench("prepare", "image_folder[path=pictures]", "--size", "8")

    first, second = outcome.out.splitlines()
    assert first.startswith("image_folder[path=pictures]: 2 test images at 8 × 8")
    assert second.startswith("  1 cannot be decoded, such as bad.png: ")

    refused = bench("prepare", "image_folder[path=pictures]", "--split", "train")
    assert refused.code == 2
    assert "train" in refused.err


@pytest.fixture
def celeba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a person's own small CelebA; gdown is not installed, so that nothing can be fetched."""
    monkeypatch.setitem(sys.modules, "gdown", None)
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path / "data"))
    folder = tmp_path / "data" / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    for name in ("000001.jpg", "000002.jpg"):
        Image.new("RGB", (178, 218)).save(folder / "img_align_celeba" / name)
    (folder / "list_eval_partition.txt").write_text("000001.jpg 2\n000002.jpg 2\n")
    return folder


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("000003.jpg 2", "list_eval_partition.txt names 000003.jpg, which is not in"),
        ("000002.jpg 7", "holds the line '000002.jpg 7'"),
    ],
)
def test_where_all_is_there_a_contradiction_is_said_and_nothing_fetched(
    bench: Any, celeba: Path, line: str, said: str
) -> None:
    partition = celeba / "list_eval_partition.txt"
    partition.write_text(f"000001.jpg 2\n{line}\n")
    outcome = bench("prepare", "celeba", "--size", "8")

    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert "fetching" not in outcome.err
    assert "To have it fetched anew, move away" in outcome.err
    assert f"  {celeba / 'img_align_celeba'} (img_align_celeba.zip, 1,443.5 MB)" in outcome.err
    assert f"  {partition} (list_eval_partition.txt, 2.8 MB)" in outcome.err
    assert "offers no download" not in outcome.err
    assert not list(celeba.glob(".*"))


def test_what_is_absent_alone_is_fetched_and_said_before_and_after(bench: Any, celeba: Path) -> None:
    partition = celeba / "list_eval_partition.txt"
    partition.unlink()
    outcome = bench("prepare", "celeba", "--size", "8")

    assert outcome.code == 2
    before, _, after = outcome.err.partition(f"celeba: fetching to {celeba}. ")
    for said in (before, after):
        assert f"celeba lacks {partition}." in said
    assert "fetching list_eval_partition.txt (3 MB)" in after
    assert f"(2.8 MB), which belongs at {partition}" in after
    assert "img_align_celeba.zip (" not in after
    assert len(list((celeba / "img_align_celeba").iterdir())) == 2


def test_a_fetch_that_fails_says_all_that_a_person_must_get_and_leaves_no_folder(bench: Any, celeba: Path) -> None:
    folder = celeba.parent / "CelebAMask-HQ"
    outcome = bench("prepare", "celeba_hq")

    assert outcome.code == 2
    assert "pip install 'inpaintbench[drive]'" in outcome.err
    assert f"(2.8 MB), which belongs at {folder / 'list_eval_partition.txt'}" in outcome.err
    assert "What else it needs is at https://github.com/switchablenorms/CelebAMask-HQ" in outcome.err
    assert f"In the end, {folder} holds\n  CelebA-HQ-img/0.jpg … 29999.jpg" in outcome.err
    assert "offers no download" not in outcome.err
    assert not folder.exists()

    shutil.rmtree(celeba)
    files = bench("prepare", "celeba").err.split("anyone may download")[1]
    assert f"(1,443.5 MB), which belongs at {celeba / 'img_align_celeba.zip'}" in files
    assert f"(2.8 MB), which belongs at {celeba / 'list_eval_partition.txt'}" in files
    assert not celeba.exists()


def test_where_the_rest_needs_a_person_what_was_fetched_is_not_fetched_again(bench: Any, celeba: Path) -> None:
    folder = celeba.parent / "CelebAMask-HQ"
    folder.mkdir()
    (celeba / "list_eval_partition.txt").rename(folder / "list_eval_partition.txt")
    outcome = bench("prepare", "celeba_hq")

    assert outcome.code == 2
    assert f"celeba_hq lacks {folder / 'CelebA-HQ-to-CelebA-mapping.txt'}" in outcome.err
    assert "fetching" not in outcome.err
    assert "What else it needs is at https://github.com/switchablenorms/CelebAMask-HQ" in outcome.err


def test_a_data_set_that_has_lost_all_files_since_it_was_fetched_is_fetched_again(
    bench: Any, plugin: Path, server: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "tiny"
    bench("prepare", "tiny", "--size", "16", "--plugin", plugin)
    for picture in folder.glob("*.png"):
        picture.unlink()
    assert (folder / ".tiny.tar.done").exists()

    assert bench("prepare", "tiny", "--size", "16", "--plugin", plugin).code == 0

    assert sorted(path.name for path in folder.glob("*.png")) == ["a.png", "b.png"]
    assert server.served == ["/tiny.tar", "/tiny.tar"]


def test_bundled_downloads_say_what_they_hold() -> None:
    from inpaintbench_datasets.bsds500 import FOLDERS
    from inpaintbench_datasets.specs.faces import SPECS as FACES
    from inpaintbench_datasets.specs.objects import SPECS as OBJECTS
    from inpaintbench_datasets.specs.scenes import BSDS500
    from inpaintbench_datasets.specs.scenes import SPECS as SCENES

    for spec in (*FACES, *OBJECTS, *SCENES):
        assert all(download.contents for download in spec.downloads), spec.name
    [archive] = BSDS500.downloads
    assert archive.contents == tuple(
        tuple(f"{folder}/{split}" for folder in FOLDERS) for split in ("train", "val", "test")
    )


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "folder"), [("celeba", "celeba"), ("dtd", "dtd"), ("oxford_pets", "oxford-iiit-pet")])
def test_of_real_copies_nothing_is_missing(real_data: Path, name: str, folder: str) -> None:
    from inpaintbench.downloads.present import missing
    from inpaintbench_datasets.specs import faces, objects, scenes

    spec = next(spec for spec in (*faces.SPECS, *objects.SPECS, *scenes.SPECS) if spec.name == name)
    assert spec.downloads
    assert missing(spec, real_data / folder, ["test"]) == []


@pytest.mark.parametrize("fault", ["constructor", "items", "load"])
def test_a_broken_data_set_is_a_sentence_and_does_not_keep_the_others(bench: Any, fault: str) -> None:
    outcome = bench("prepare", f"drawn[fault={fault}]", "photos", "--size", "8", "--plugin", SPECIMENS)

    assert outcome.code == 2
    assert outcome.err.startswith(f"bench: The data set drawn[fault={fault}] cannot be used: ValueError: the data set ")
    assert "Traceback" not in outcome.err
    assert outcome.out.startswith("photos: 56 test images at 8 × 8, prepared in ")
