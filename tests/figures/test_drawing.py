"""The files show every pixel as it is, hold the words as words, embed their fonts, and are the same each time."""

import re
import struct
import zlib
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inpaintbench.figures.drawing import draw, enlarged
from inpaintbench.figures.layout import Layout, arrange
from inpaintbench.figures.lettering import Lettering
from inpaintbench.figures.plate import Panel, Plate, Style, Zoom

STYLE = Style(width=3.25, dpi=150)
HOSTILE = "<script>$x^2$</script>\x1b[1m"


def plate(columns: int, height: int, width: int, zoom: Zoom | None = None, head: str = "tv") -> Plate:
    drawn = np.random.default_rng(0)
    rows = [
        [
            Panel(drawn.integers(0, 256, (height, width, 3), dtype=np.uint8), f"{20 + column}.5")
            for column in range(columns)
        ]
        for _ in range(2)
    ]
    return Plate([head] * columns, rows, zoom)


def layout_of(what: Plate, style: Style = STYLE) -> Layout:
    return arrange(what, style, Lettering(style.font, style.font_size))


def levels(png: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def pictures(pdf: bytes) -> list[NDArray[np.uint8]]:
    """Return the pictures of a PDF file as it stores them; their rows are filtered like those of PNG files."""
    found = []
    for head, raw in re.findall(rb"obj\n([^\n]*(?:\n[^\n]*)*?)\nstream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        if b"/Subtype /Image" in head:
            assert b"/Predictor 10" in head
            assert b"/Colors 3" in head
            width, height = (int(re.findall(rb"/%s (\d+)" % side, head)[0]) for side in (b"Width", b"Height"))
            parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", raw), (b"IEND", b"")]
            chunks = [
                struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
                for name, body in parts
            ]
            found.append(levels(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)))
    return found


@pytest.mark.parametrize(("columns", "height", "width"), [(1, 16, 16), (3, 16, 24), (5, 64, 64), (4, 150, 100)])
def test_each_pixel_is_a_square_of_dots_at_its_place(columns: int, height: int, width: int) -> None:
    what = plate(columns, height, width)
    layout = layout_of(what)
    sheet = levels(draw(what, STYLE, ["png"])["png"])
    assert sheet.shape == (layout.height, layout.width, 3)
    for top, row in zip(layout.tops, what.rows, strict=True):
        for left, panel in zip(layout.lefts, row, strict=True):
            shown = sheet[top : top + layout.panel_height, left : left + layout.panel_width]
            expected = np.kron(panel.picture, np.ones((layout.factor, layout.factor, 1), np.uint8))
            assert np.array_equal(shown, expected)


def test_between_pictures_there_is_white() -> None:
    what = plate(3, 16, 16)
    layout = layout_of(what)
    sheet = levels(draw(what, STYLE, ["png"])["png"])
    for left in layout.lefts[1:]:
        gutter = sheet[
            layout.tops[0] : layout.tops[0] + layout.panel_height, left - (layout.lefts[1] - layout.panel_width) : left
        ]
        assert gutter.size
        assert (gutter == 255).all()


def test_a_zoom_is_boxed_and_enlarged_beneath() -> None:
    zoom = Zoom(left=4, top=5, width=6, height=3)
    what = plate(2, 16, 16, zoom)
    layout = layout_of(what)
    sheet = levels(draw(what, STYLE, ["png"])["png"])
    line = max(1, round(layout.dots(0.9)))
    factor = layout.factor
    for top, inset_top, row in zip(layout.tops, layout.inset_tops, what.rows, strict=True):
        for left, panel in zip(layout.lefts, row, strict=True):
            inset = sheet[inset_top : inset_top + layout.inset_height, left : left + layout.panel_width]
            part = Image.fromarray(panel.picture[5:8, 4:10])
            nearest = np.asarray(part.resize((layout.panel_width, layout.inset_height), Image.Resampling.NEAREST))
            inner = (slice(line, -line), slice(line, -line))
            agree = (inset[inner] == nearest[inner]).all(axis=2)
            assert agree.mean() > 0.95  # where a row of dots lies between two pixels, either will do
            red = (sheet[top : top + layout.panel_height, left : left + layout.panel_width] == (255, 42, 42)).all(
                axis=2
            )
            expected = np.zeros_like(red)
            expected[5 * factor - line : 8 * factor + line, 4 * factor - line : 10 * factor + line] = True
            expected[5 * factor : 8 * factor, 4 * factor : 10 * factor] = False
            assert np.array_equal(red, expected)


def test_a_zoom_in_a_corner_is_boxed_within_the_picture() -> None:
    what = plate(2, 16, 16, Zoom(0, 0, 4, 4))
    layout = layout_of(what)
    sheet = levels(draw(what, STYLE, ["png"])["png"])
    red = (sheet == (255, 42, 42)).all(axis=2)
    top, line, box = layout.tops[0], max(1, round(layout.dots(0.9))), 4 * layout.factor
    assert red[top : top + box + line, :line].all()
    assert red[top : top + line, : box + line].all()
    assert not red[top - 1].any()
    assert not red[top + line : top + box, line:box].any()


def test_a_framed_picture_has_an_edge_on_a_white_page() -> None:
    white = np.full((16, 16, 3), 255, np.uint8)
    what = Plate(["", ""], [[Panel(white, framed=True), Panel(white)]])
    layout = layout_of(what)
    sheet = levels(draw(what, STYLE, ["png"])["png"])
    inked = (sheet != 255).any(axis=2)
    assert inked[0, : layout.panel_width].all()
    assert inked[-1, : layout.panel_width].all()
    assert inked[:, 0].all()
    assert inked[:, layout.panel_width - 1].all()
    assert not inked[1:-1, 1 : layout.panel_width - 1].any()
    assert not inked[:, layout.panel_width :].any()


def test_words_stand_where_the_layout_says() -> None:
    what = plate(2, 16, 16)
    layout = layout_of(what)
    sheet = levels(draw(what, STYLE, ["png"])["png"])
    inked = (sheet[: layout.tops[0]] < 128).all(axis=2)
    assert inked.any()
    for centre in (left + layout.panel_width / 2 for left in layout.lefts):
        near = inked[:, round(centre - layout.panel_width / 2) : round(centre + layout.panel_width / 2)]
        columns = np.nonzero(near.any(axis=0))[0]
        assert columns.mean() == pytest.approx(layout.panel_width / 2, abs=2)


def test_a_png_says_its_resolution() -> None:
    what = plate(2, 16, 16)
    with Image.open(BytesIO(draw(what, STYLE, ["png"])["png"])) as picture:
        assert picture.info["dpi"] == pytest.approx((layout_of(what).dpi,) * 2, rel=1e-3)


def test_a_pdf_has_the_width_asked_for_and_embeds_truetype_fonts() -> None:
    what = plate(2, 16, 16)
    pdf = draw(what, STYLE, ["pdf"])["pdf"]
    (box,) = re.findall(rb"/MediaBox \[ ?([\d. ]+)\]", pdf)
    layout = layout_of(what)
    assert [float(side) for side in box.split()] == pytest.approx(
        [0, 0, 3.25 * 72, layout.height / layout.dpi * 72], abs=0.01
    )
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf


def test_a_pdf_holds_every_dot_of_the_pictures() -> None:
    what = plate(2, 24, 24)
    layout = layout_of(what)
    pdf = draw(what, STYLE, ["pdf"])["pdf"]
    expected = [enlarged(one.picture, layout.panel_height, layout.panel_width) for row in what.rows for one in row]
    found = pictures(pdf)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert any(np.array_equal(way, other) for way in (one, one[::-1]))  # which is up, a matrix says
    assert b"/Interpolate true" not in pdf


def test_an_svg_holds_words_as_words_whatever_they_are() -> None:
    svg = draw(plate(1, 16, 16, head=HOSTILE), STYLE, ["svg"])["svg"]
    texts = ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["<script>$x^2$</script>?[1m", "20.5", "20.5"]


@pytest.mark.parametrize("format_", ["png", "pdf", "svg"])
def test_the_same_figure_has_the_same_bytes(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    what = plate(2, 16, 16, Zoom(1, 1, 4, 4))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    first = draw(what, STYLE, [format_])[format_]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")  # another time, for whoever would write it down
    assert draw(what, STYLE, [format_])[format_] == first
    assert draw(what, STYLE, ["svg", "pdf", "png"])[format_] == first


def test_settings_of_the_machine_do_not_count_and_are_left_alone() -> None:
    what = plate(2, 16, 16)
    expected = draw(what, STYLE, ["png", "pdf", "svg"])
    own = {
        "savefig.bbox": "tight",
        "pdf.fonttype": 3,
        "text.color": "red",
        "savefig.facecolor": "black",
        "image.origin": "lower",
    }
    with matplotlib.rc_context(own):
        assert draw(what, STYLE, ["png", "pdf", "svg"]) == expected
        assert matplotlib.rcParams["pdf.fonttype"] == 3


def test_enlarging_repeats_pixels_evenly() -> None:
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
    assert enlarged(picture, 4, 6)[:, :, 0].tolist() == [
        [0, 0, 1, 1, 2, 2],
        [0, 0, 1, 1, 2, 2],
        [3, 3, 4, 4, 5, 5],
        [3, 3, 4, 4, 5, 5],
    ]
