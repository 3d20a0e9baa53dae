"""A sheet as an HTML page that needs no other file: best in bold, second best underlined."""

from __future__ import annotations

from html import escape as escape_html
from typing import Final

import pandas as pd

from inpaintbench.report.sheet import Block, Item, Sheet, clean

_CLASSES: Final = {0: "", 1: "best", 2: "second"}
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; }}
.table {{ overflow-x: auto; }}
table {{ border-collapse: collapse; margin: 1.8rem 0; font-variant-numeric: tabular-nums; }}
caption {{ text-align: left; font-weight: 600; padding-bottom: .4rem; }}
th {{ font-weight: 500; border-bottom: 1px solid; vertical-align: bottom; }}
th, td {{ padding: .15rem .8rem; text-align: right; white-space: nowrap; }}
th:first-child, td:first-child {{ padding-left: 0; }}
.best {{ font-weight: 700; }}
.second {{ text-decoration: underline; }}
.part {{ border-top: 1px solid; }}
.spread {{ display: inline-block; font-size: .78em; font-weight: 400; opacity: .75; padding-left: .3em; }}
</style>
</head>
<body>
<h1>{title}</h1>
{tables}
<ul>
{notes}
</ul>
</body>
</html>
"""


def write(sheet: Sheet) -> str:
    """Return a page with a table a block and the notes as a list."""
    return _PAGE.format(
        title=escape(sheet.title),
        tables="\n".join(_table(block, f"t{index}") for index, block in enumerate(sheet.blocks)),
        notes="\n".join(f"<li>{note}</li>" for note in sheet.footnotes(escape)),
    )


def escape(text: str) -> str:
    """Return text that a browser shows as it is.

    >>> escape("<script>")
    '&lt;script&gt;'
    """
    return escape_html(clean(text))


def _table(block: Block, name: str) -> str:
    frame = pd.DataFrame([[_item(item) for item in row] for row in block.rows])
    classes = pd.DataFrame(
        [
            [" ".join(filter(None, [_CLASSES[item.place], "part" if index in block.breaks else ""])) for item in row]
            for index, row in enumerate(block.rows)
        ]
    )
    heads: dict[object, str] = {index: escape(one.line) for index, one in enumerate(block.headings)}
    table = (
        frame.style.format_index(heads.__getitem__, axis="columns")
        .hide(axis="index")
        .set_td_classes(classes)
        .set_table_styles(
            [
                {"selector": f".col{index}", "props": "text-align: left"}
                for index, heading in enumerate(block.headings)
                if not heading.numeric
            ]
        )
        .set_caption(escape(block.title))
        .to_html(table_uuid=name, cell_ids=False, doctype_html=False, exclude_styles=False)
    )
    return f'<div class="table">\n{table}</div>'


def _item(item: Item) -> str:
    # An inline block is not underlined with the number before it.
    spread = f'<span class="spread">±{escape(item.spread)}</span>' if item.spread else ""
    return escape(item.text) + spread + (f"<sup>{escape(item.marks)}</sup>" if item.marks else "")
