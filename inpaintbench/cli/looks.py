"""What the options of every figure say: where to, how large, in which letters, under which heads."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from inpaintbench.errors import StoreError, UnknownNameError, UsageError
from inpaintbench.selector_text import matching

if TYPE_CHECKING:
    from inpaintbench.figures.plate import Plate, Style

FORMATS: Final = ("png", "pdf", "svg")
HOLES: Final = ("white", "black", "grey", "pink")

INPUT, TRUTH = "input", "truth"
"""What `--label` calls the columns that are no method's."""


@dataclass(frozen=True)
class Look:
    """What the options of every figure say.

    Attributes:
        out: the file, or what its name begins with.
        hole: colour of missing pixels.
        labels: `NAME=Text`, as they were given.
        width: in inches.
        dpi: dots an inch, at least.
        font_size: in points.
        font: of all words.
    """

    out: Path
    hole: str
    labels: tuple[str, ...]
    width: float
    dpi: int
    font_size: float
    font: Literal["serif", "sans"]

    @property
    def style(self) -> Style:
        """The measures of the figure."""
        from inpaintbench.figures.plate import Style

        return Style(width=self.width, dpi=self.dpi, font_size=self.font_size, font=self.font)

    def files(self) -> dict[str, Path]:
        """Return the files to be written, by format: one if the name says which, else PNG and PDF.

        Raises:
            UsageError: if the name ends in something else, or there is nothing before the ending.
        """
        format_ = self.out.suffix[1:].lower()
        nameless = not self.out.stem.strip(".") or self.out.name[1:].lower() in FORMATS  # such as `..`, and `.png`
        if format_ in FORMATS and not nameless:
            return {format_: self.out}
        if self.out.suffix or nameless:
            raise UsageError(
                f"{self.out} is no name of a figure; expected one that ends in .png, .pdf or .svg, or in none of them "
                "(then a PNG and a PDF file are written)."
            )
        return {one: self.out.with_name(f"{self.out.name}.{one}") for one in ("png", "pdf")}


class _Measure(click.FloatRange):
    """A number in a range; `nan`, which is neither below nor above anything, is not in it."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        number: float = super().convert(value, parameter, context)
        if math.isnan(number):
            self.fail(
                f"{value} is not possible; expected a number from {self.min:g} to {self.max:g}.", parameter, context
            )
        return number


def looking(out: str, hole: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of every figure; it receives them as one `Look`.

    Args:
        out: the default of `--out`.
        hole: the default of `--hole`.
    """
    options = [
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            default=Path(out),
            show_default=True,
            metavar="FILE",
            help="What to write: with .png, .pdf or .svg that one file, else FILE.png and FILE.pdf.",
        ),
        click.option(
            "--hole", type=click.Choice(HOLES), default=hole, show_default=True, help="The colour of missing pixels."
        ),
        click.option("--label", "labels", multiple=True, metavar="NAME=TEXT", help="The head of a column. Repeatable."),
        click.option(
            "--width",
            type=_Measure(0.5, 50),
            default=6.9,
            show_default=True,
            help="Of the figure, in inches; the text of a page with two columns is 6.9 wide.",
        ),
        click.option(
            "--dpi",
            type=click.IntRange(36, 2400),
            default=300,
            show_default=True,
            help="Dots an inch, at least: a pixel takes a whole number of dots.",
        ),
        click.option(
            "--font-size", type=_Measure(3, 72), default=8, show_default=True, help="Of all words, in points."
        ),
        click.option(
            "--font",
            type=click.Choice(["serif", "sans"]),
            default="serif",
            show_default=True,
            help="Letters like Times, or without serifs.",
        ),
    ]
    names = ("out", "hole", "labels", "width", "dpi", "font_size", "font")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(**given: Any) -> Any:
            return function(look=Look(**{name: given.pop(name) for name in names}), **given)

        decorated: Callable[..., Any] = wrapper
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def labelled(labels: Sequence[str], names: Sequence[str], first: str, last: str | None = None) -> list[str]:
    """Return the heads of the columns, some of them renamed.

    `INPUT` and `TRUTH` are the first and the last column; a method that is called so is meant by a pattern (`inpu?`).

    Args:
        labels: `NAME=Text`; a name may hold `=` within its brackets.
        names: the columns between the first and the last, each with its name for a head.
        first: the head of the first column.
        last: the head of the last one; None if there is none.

    Raises:
        UsageError: if one has another form.
        UnknownNameError: if there is no such column.
    """
    ends = {INPUT: first} if last is None else {INPUT: first, TRUTH: last}
    heads = {name: name for name in names}
    for label in labels:
        exact = [name for name in (*heads, *ends) if label.startswith(f"{name}=")]
        if exact:
            name = max(exact, key=len)
            (ends if name in ends else heads)[name] = label[len(name) + 1 :]
            continue
        parted = re.fullmatch(r"([^\[\]=]+(?:\[[^\]]*\])?)=(.*)", label, re.DOTALL)
        if parted is None:
            raise UsageError(f"--label {label!r} is not possible; expected NAME=TEXT, such as tv=TV or {INPUT}=Masked.")
        found = matching(parted[1], names)
        if not found:
            raise UnknownNameError("column", parted[1], (*ends, *names))
        heads |= dict.fromkeys(found, parted[2])
    return [ends[INPUT], *(heads[name] for name in names), *([] if last is None else [ends[TRUTH]])]


def write_figure(plate: Plate, style: Style, files: Mapping[str, Path]) -> None:
    """Draw a figure, and write it in every format.

    Raises:
        StoreError: if a file cannot be written.
    """
    from inpaintbench.atomic import replacing
    from inpaintbench.figures.drawing import draw

    for format_, content in draw(plate, style, list(files)).items():
        try:
            with replacing(files[format_]) as file:
                file.write(content)
        except OSError as error:
            raise StoreError(f"{files[format_]} cannot be written: {error.strerror or error}.") from error
