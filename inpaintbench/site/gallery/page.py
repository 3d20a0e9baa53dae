"""The page of the gallery: what stands in it at once, and what it loads when a group is chosen."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from inpaintbench.leaderboard import Entry
from inpaintbench.report.sheet import clean, count, listed, shorten
from inpaintbench.site.contents import Contents
from inpaintbench.site.gallery.album import Album, write_album
from inpaintbench.site.gallery.choosing import ORDERS, chance
from inpaintbench.site.gallery.pictures import CEILING, THUMBNAIL, Encoded, scale
from inpaintbench.site.gallery.walls import Row, Wall, find_walls
from inpaintbench.site.pages import Page

SCRIPTS: Final = ("gallery-rows.js", "gallery.js", "viewer-stage.js", "viewer.js")

_DIGITS: Final = 2
"""So many more decimals than are shown are kept, to sort by."""

_WORTH: Final = {
    "ranked": "",
    "limited": "first images only",
    "incomplete": "images are missing",
    "stale": "a newer version failed",
}
"""What is said of a method's numbers, by the entry's standing."""


def pages(contents: Contents, site: Path, megabytes: float) -> Iterator[Page]:
    """Write the pictures, and what the page loads of each group; then yield the page.

    Args:
        contents: what the report shows.
        site: its folder.
        megabytes: what the pictures may take.

    Raises:
        OSError: if something cannot be written.
    """
    walls = find_walls(contents.leaderboard)
    album = write_album(walls, site / "pictures", int(megabytes * 1e6))
    (site / "data").mkdir(exist_ok=True)
    shown = [(wall, rows) for wall, rows in zip(walls, album.shown, strict=True)]
    for wall, rows in shown:
        if rows:
            identity = contents.group_ids[wall.group]
            text = json.dumps(_data(contents, wall, rows), ensure_ascii=True, separators=(",", ":"))
            (site / "data" / f"gallery-{identity}.js").write_text(
                f'globalThis.galleryData["{identity}"] = {text};\n', encoding="ascii", newline="\n"
            )
    context = {
        "contents": contents,
        "choices": _choices(contents, [wall for wall, rows in shown if rows]),
        "orders": ORDERS,
        "walls": [(wall, len(rows), [(one, shorten(why)) for one, why in wall.left_out]) for wall, rows in shown],
        "quality": _quality(walls, album, megabytes),
        "problems": listed([clean(contents.told(one)) for one in album.problems], "; "),
        "scale": ", ".join("#" + bytes(colour).hex() for colour in scale()[::15]),
        "ticks": [CEILING * part // 4 for part in range(5)],
    }
    yield Page("gallery.html", "Gallery", "gallery.html.j2", context, SCRIPTS)


def _choices(contents: Contents, walls: Sequence[Wall]) -> dict[str, list[tuple[str, str]]]:
    """Return the groups that can be chosen, by data set: each with its short name and its title."""
    choices: dict[str, list[tuple[str, str]]] = {}
    for wall in walls:
        title = contents.titles.group(wall.group, without="dataset")
        choices.setdefault(contents.titles.side(wall.group, "dataset"), []).append(
            (contents.group_ids[wall.group], title)
        )
    return choices


def _quality(walls: Sequence[Wall], album: Album, megabytes: float) -> str:
    """Say what has become of the pictures."""
    if not any(album.shown) and not album.skipped:
        return ""
    if album.quality is None:
        return "Pictures are lossless."
    said = f"Pictures are WebP of quality {album.quality}, for all to take at most {megabytes:g} MB"
    if album.skipped:
        said += f", and there was no room for {count(album.skipped, 'row')}: kept are "
        if any(wall.columns for wall in walls):
            said += "in turns the worst, the best, those on which methods disagree most, and "
        said += "some at random"
    return f"{said}. Error maps are lossless; numbers and maps are those of the pictures as they were scored."


def _data(contents: Contents, wall: Wall, rows: Sequence[tuple[Row, Encoded]]) -> dict[str, Any]:
    """Return what the page loads of a group."""
    notices = []
    if len(wall.rows) < wall.images:
        notices.append(
            f"Pictures of {len(wall.rows)} of {count(wall.images, 'image')} were saved; "
            "`bench run --samples all --rerun all` saves all."
        )
    if len(rows) < len(wall.rows):
        are = "is" if len(rows) == 1 else "are"
        notices.append(f"{len(rows)} of the {len(wall.rows)} images with saved pictures {are} shown; see below why.")
    notices += [f"{clean(entry.method)} is not shown: {clean(shorten(why))}" for entry, why in wall.left_out]
    by_chance = {id(row): rank for rank, (row, _) in enumerate(sorted(rows, key=lambda one: chance(one[0])))}
    names = _names([row for row, _ in rows])
    return {
        "title": clean(contents.titles.group(wall.group)),
        "size": wall.group.size,
        "thumbnails": wall.group.size > THUMBNAIL,
        "notices": notices,
        "metrics": [
            {
                "name": clean(column.name),
                "label": clean(column.label),
                "unit": clean(column.metric.unit),
                "arrow": column.arrow,
                "decimals": column.metric.decimals,
                "higher": column.metric.higher_is_better,
            }
            for column in wall.columns
        ],
        "methods": [_method(contents, entry) for entry in wall.entries],
        "rows": [
            {
                "id": name,
                "item": clean(row.item),
                "ratio": None if row.hole_ratio is None else round(row.hole_ratio, 4),
                "class": row.label and clean(row.label),
                "chance": by_chance[id(row)],
                "truth": encoded.truth,
                "corrupted": encoded.corrupted,
                "completions": encoded.completions,
                "errors": encoded.errors,
                "scores": [_rounded(wall, scores) for scores in row.scores],
            }
            for name, (row, encoded) in zip(names, rows, strict=True)
        ],
    }


def _method(contents: Contents, entry: Entry) -> dict[str, str]:
    return {
        "name": clean(entry.method),
        "note": _WORTH.get(entry.standing, entry.standing),
        "page": contents.address(entry),
    }


def _names(rows: Sequence[Row]) -> list[str]:
    """Return what an address calls each row: the image's position in the data set, and a number where that recurs."""
    seen: Counter[int] = Counter()
    names = []
    for row in rows:
        seen[row.index] += 1
        names.append(str(row.index) + (f".{seen[row.index]}" if seen[row.index] > 1 else ""))
    return names


def _rounded(wall: Wall, scores: Sequence[float | None]) -> list[float | str | None]:
    """Return numbers as JSON can hold them: rounded, and infinities as text."""
    return [
        (round(score, column.metric.decimals + _DIGITS) if math.isfinite(score) else str(score))
        if score is not None
        else None
        for column, score in zip(wall.columns, scores, strict=True)
    ]
