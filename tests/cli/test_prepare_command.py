"""`bench prepare`: a data set that is fetched, one that a person must fetch, and pictures prepared once."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

PLUGIN = """
from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, Download, Parameter
from inpaintbench_datasets.image_folder import ImageFolder

@hookimpl
def register_datasets():
    path = Parameter(name="path", kind="path", default="tiny", help="The folder.")
    download = Download(url="{url}", filename="tiny.tar", megabytes=0.1, checksum="sha256:{digest}", unpack=True)
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
