"""A figure as PNG, PDF and SVG.

Every picture is enlarged by repeating its pixels, and stored dot by dot: a program that shows the file and smooths what
it enlarges finds little to smooth. Fonts are embedded as TrueType (Type 42), since conferences refuse Type 3. No file
says when it was made: the same figure has the same bytes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final, NamedTuple

import matplotlib
import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from inpaintbench.figures.layout import POINTS, Layout, arrange
from inpaintbench.figures.lettering import Lettering
from inpaintbench.figures.plate import Plate, Style, Zoom

FORMATS: Final[dict[str, dict[str, Any]]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
"""What can be written, and what is left out of each file's description."""

_INK: Final = "#000000"
Place = tuple[int, int, int, int]
"""Left, top, width and height, in dots."""


class Pen(NamedTuple):
    """A line's colour, and its thickness in points."""

    colour: str
    points: float


_HAIRLINE: Final = Pen("#a0a0a0", 0.3)
_BOX: Final = Pen("#ff2a2a", 0.9)


def draw(plate: Plate, style: Style, formats: Sequence[str]) -> dict[str, bytes]:
    """Return a figure as files.

    Args:
        plate: what it shows.
        style: its measures.
        formats: of `FORMATS`.

    Returns:
        The content of each file, by format.

    Raises:
        UsageError: if the figure is too narrow for its columns, or too large to be drawn.
    """
    lettering = Lettering(style.font, style.font_size)
    layout = arrange(plate, style, lettering)
    files = {}
    with _own_settings():
        figure = _compose(plate, layout, lettering)
        for format_ in formats:
            content = BytesIO()
            figure.savefig(content, format=format_, dpi=layout.dpi, metadata=FORMATS[format_])
            files[format_] = content.getvalue()
    return files


def enlarged(picture: UInt8[np.ndarray, "h w 3"], height: int, width: int) -> UInt8[np.ndarray, "{height} {width} 3"]:
    """Return a picture of this size in which each pixel is the nearest one of the original.

    >>> enlarged(np.array([[[1, 1, 1], [2, 2, 2]]], np.uint8), 1, 5)[0, :, 0].tolist()
    [1, 1, 1, 2, 2]
    """
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    repeated: NDArray[np.uint8] = picture[rows][:, columns]
    return repeated


@contextmanager
def _own_settings() -> Iterator[None]:
    """Draw with matplotlib's own settings, whatever a `matplotlibrc` says, and those that files for papers need."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "pdf.fonttype": 42,
                "svg.fonttype": "none",  # words stay words
                "svg.hashsalt": "inpaintbench",  # else names of elements are drawn at random
                "image.composite_image": False,
            }
        )
        yield


def _compose(plate: Plate, layout: Layout, lettering: Lettering) -> Figure:
    """Return the figure, drawn in one pair of axes that is as large and measures in dots."""
    spare = 1e-3  # of a dot, lest rounding loses the last one
    figure = Figure(figsize=((layout.width + spare) / layout.dpi, (layout.height + spare) / layout.dpi), dpi=layout.dpi)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for number, row in enumerate(plate.rows):
        for left, panel in zip(layout.lefts, row, strict=True):
            place = (left, layout.tops[number], layout.panel_width, layout.panel_height)
            _put(axes, panel.picture, place)
            if panel.framed:
                _line_inside(axes, place, _HAIRLINE, layout)
            if plate.zoom is not None:
                _line_inside(axes, _around(plate.zoom, place, layout), _BOX, layout)
                inset = (left, layout.inset_tops[number], layout.panel_width, layout.inset_height)
                _put(axes, plate.zoom.of(panel.picture), inset)
                _line_inside(axes, inset, _BOX, layout)
    for line in layout.lines:
        axes.text(
            line.x,
            line.y,
            line.text,
            fontproperties=lettering.properties,
            color=_INK,
            horizontalalignment="center",
            verticalalignment="baseline",
            parse_math=False,  # a name may hold $
        )
    axes.set_xlim(0, layout.width + spare)
    axes.set_ylim(layout.height + spare, 0)
    return figure


def _around(zoom: Zoom, place: Place, layout: Layout) -> Place:
    """Return a place within that of a picture whose line runs around what is enlarged, as far as there is room."""
    left, top, width, height = place
    line, factor = _thickness(_BOX, layout), layout.factor
    first = max(0, zoom.left * factor - line), max(0, zoom.top * factor - line)
    last = (
        min(width, (zoom.left + zoom.width) * factor + line),
        min(height, (zoom.top + zoom.height) * factor + line),
    )
    return left + first[0], top + first[1], last[0] - first[0], last[1] - first[1]


def _put(axes: Axes, picture: UInt8[np.ndarray, "h w 3"], place: Place) -> None:
    left, top, width, height = place
    axes.imshow(
        enlarged(picture, height, width),
        extent=(left, left + width, top + height, top),
        aspect="auto",
        interpolation="none",
        origin="upper",
    )


def _line_inside(axes: Axes, place: Place, pen: Pen, layout: Layout) -> None:
    """Draw a line along the inner edge of a place."""
    left, top, width, height = place
    thickness = _thickness(pen, layout)
    axes.add_patch(
        Rectangle(
            (left + thickness / 2, top + thickness / 2),
            width - thickness,
            height - thickness,
            fill=False,
            edgecolor=pen.colour,
            linewidth=thickness * POINTS / layout.dpi,
            joinstyle="miter",
            snap=False,
        )
    )


def _thickness(pen: Pen, layout: Layout) -> int:
    """Return how many dots a line takes: a whole number, so that it covers no part of others."""
    return max(1, round(layout.dots(pen.points)))
