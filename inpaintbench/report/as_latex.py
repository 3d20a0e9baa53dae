r"""A sheet as LaTeX tables in the style of booktabs: best in bold, second best underlined.

All numbers of a column of scores have the same decimals, so that they line up flush right. Intervals behind them are
padded to the same width, and marks take no room (`\rlap`).

With siunitx, columns of numbers line up at the decimal point, whatever their decimals, and where the digits of bold
letters are wider. What is underlined is text for siunitx, and is padded to the width of the column's numbers here. The
`\sisetup` of the tables works in versions 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from inpaintbench.report.sheet import LEGEND, MISSING, SPREAD_LEGEND, Block, Heading, Item, Sheet, clean, head_lines
from inpaintbench.report.tex import escape, prose, slug

_NUMBER: Final = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)
_PACKAGES: Final = "% In the preamble: \\usepackage{booktabs}\n"
_PACKAGES_SIUNITX: Final = (
    "% In the preamble: \\usepackage{booktabs,siunitx}\n"
    "% and for siunitx 2, besides: \\usepackage{etoolbox}\\robustify\\bfseries\n"
)
_SETUP: Final = r"\sisetup{mode = text, detect-weight = true, group-minimum-digits = 12}"


def write(sheet: Sheet, siunitx: bool = False) -> str:
    """Return one `table` environment a block, and a paragraph of notes.

    Args:
        sheet: what to write.
        siunitx: whether columns of numbers are of siunitx's type `S`.
    """
    parts = [(_PACKAGES_SIUNITX if siunitx else _PACKAGES) + f"% {clean(sheet.title)}\n"]
    taken: set[str] = set()
    for block in sheet.blocks:
        parts.append(_table(block, _label(block, taken), siunitx))
    if notes := sheet.footnotes(prose, legend=False):
        parts.append("{\\footnotesize\\raggedright\\noindent\n" + "\n\n\\noindent\n".join(notes) + "\\par}\n")
    return "\n".join(parts)


@dataclass(frozen=True)
class _Column:
    """How the cells of one column are written.

    Attributes:
        heading: its head.
        whole: most digits before a decimal point; 0 if it is no column of siunitx.
        decimals: most digits behind it.
        signed: whether a number has a sign.
        spread: the longest interval beside a number; empty if there is none.
    """

    heading: Heading
    whole: int = 0
    decimals: int = 0
    signed: bool = False
    spread: str = ""

    @classmethod
    def of(cls, heading: Heading, items: Sequence[Item], siunitx: bool) -> Self:
        """Return the column of these items; one of siunitx only if it holds nothing but numbers and dashes."""
        spread = max((item.spread for item in items), key=len, default="")
        found = [_NUMBER.fullmatch(item.text) for item in items if item.text != MISSING]
        numbers = [one for one in found if one is not None]
        if not (siunitx and heading.numeric and numbers and len(numbers) == len(found)):
            return cls(heading, spread=spread)
        return cls(
            heading,
            whole=max(len(one[2]) for one in numbers),
            decimals=max(len(one[3] or "") for one in numbers),
            signed=any(one[1] for one in numbers),
            spread=spread,
        )

    @property
    def type(self) -> str:
        """What stands for it in the argument of `tabular`."""
        if not self.whole:
            return "r" if self.heading.numeric else "l"
        room = f", table-space-text-post = {{{_spread(self.spread)}}}" if self.spread else ""
        return f"S[table-format = {'-' * self.signed}{self.whole}.{self.decimals}{room}]"

    def head(self, text: str) -> str:
        """Return one line of its head."""
        return f"{{{escape(text)}}}" if self.whole and text else _shielded(escape(text))

    def cell(self, item: Item) -> str:
        """Return what stands in a row."""
        marks = rf"\textsuperscript{{{escape(item.marks)}}}" if item.marks else ""
        if not self.heading.numeric:
            return _shielded(_placed(escape(item.text), item)) + marks
        return self._number(item, self._spread_of(item) + (marks and rf"\rlap{{{marks}}}"))

    def _number(self, item: Item, tail: str) -> str:
        if not self.whole:
            return _placed(escape(item.text), item) + tail
        found = _NUMBER.fullmatch(item.text)
        if found is None:
            return f"{{{_placed(escape(item.text), item)}{tail}}}"
        if item.place == 1:
            return rf"\bfseries {item.text}" + (rf" {{\mdseries{tail}}}" if tail else "")
        if item.place == 2:
            return f"{{{self._padding(found)}\\underline{{\\num{{{item.text}}}}}{tail}}}"
        return item.text + (f" {{{tail}}}" if tail else "")

    def _padding(self, found: re.Match[str]) -> str:
        """Return room for the sign and the digits that the longest number has before this one."""
        sign = r"\hphantom{$-$}" if self.signed and not found[1] else ""
        digits = "0" * (self.whole - len(found[2]))
        return sign + (rf"\hphantom{{\num{{{digits}}}}}" if digits else "")

    def _spread_of(self, item: Item) -> str:
        """Return the interval of an item, or room for one."""
        if not item.spread:
            return rf"\hphantom{{{_spread(self.spread)}}}" if self.spread else ""
        room = "0" * (len(self.spread) - len(item.spread))
        return _spread((rf"\hphantom{{{room}}}" if room else "") + item.spread)


def _spread(text: str) -> str:
    return rf"\,{{\scriptsize$\pm${text}}}"


def _table(block: Block, label: str, siunitx: bool) -> str:
    columns = [
        _Column.of(heading, [row[position] for row in block.rows], siunitx)
        for position, heading in enumerate(block.headings)
    ]
    lines = [r"\begin{table}[htbp]", r"\centering", *([_SETUP] if any(one.whole for one in columns) else [])]
    joint = "%\n  " if siunitx else ""  # types of siunitx are long
    lines += [
        rf"\caption[{{{escape(block.title)}}}]{{{_caption(block)}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{joint.join(one.type for one in columns)}}}",
        r"\toprule",
        *_head(columns),
        r"\midrule",
    ]
    for index, row in enumerate(block.rows):
        if index in block.breaks:
            lines.append(r"\midrule")
        lines.append(_line([column.cell(item) for column, item in zip(columns, row, strict=True)]))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def _head(columns: Sequence[_Column]) -> list[str]:
    """Return the heads in lines that end together: long ones would make a table wider than a page."""
    heads = [_lines(column.heading) for column in columns]
    height = max(map(len, heads))
    return [
        _line([one.head(head[at] if -at <= len(head) else "") for one, head in zip(columns, heads, strict=True)])
        for at in range(-height, 0)
    ]


def _lines(heading: Heading) -> list[str]:
    last = " ".join(filter(None, [f"({heading.unit})" if heading.unit else "", heading.arrow]))
    return [*head_lines(Heading(label=heading.label)), *([last] if last else [])]


def _line(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _caption(block: Block) -> str:
    sentences = [f"{block.title}."]
    sentences += block.facts
    sentences += [LEGEND] if block.has_places else []
    sentences += [SPREAD_LEGEND] if block.has_spreads else []
    return prose(" ".join(sentences))


def _label(block: Block, taken: set[str]) -> str:
    """Return a label that no other table of the sheet has."""
    name = first = f"tab:{slug(block.title) or 'table'}"
    number = 2
    while name in taken:
        name, number = f"{first}-{number}", number + 1
    taken.add(name)
    return name


def _placed(text: str, item: Item) -> str:
    return {0: text, 1: rf"\textbf{{{text}}}", 2: rf"\underline{{{text}}}"}[item.place]


def _shielded(text: str) -> str:
    r"""Return a cell's text so that neither `\\` nor a rule before it takes it for an argument."""
    return f"{{}}{text}" if text[:1] in ("[", "*") else text
