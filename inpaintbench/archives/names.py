"""Which names and links of an archive stay inside the folder that it is unpacked into, whatever the system."""

from __future__ import annotations

import re
from typing import Final

_DRIVE: Final = re.compile(r"(?:^|/)[A-Za-z]:")


def safe_name(name: str) -> str:
    """Return an entry's name as names joined by `/`, without `.` and empty ones; empty for the folder itself.

    >>> safe_name("./train//a.png")
    'train/a.png'

    Raises:
        ValueError: if it is absolute or contains `..`, a drive letter, a backslash or a null character.
    """
    _refuse_tricks(name)
    parts = _parts(name)
    if ".." in parts:
        raise ValueError(f"{name!r} leads out of the folder")
    return "/".join(parts)


def refuse_leading_out(link: str, target: str) -> None:
    """Refuse a symbolic link that leads out of the folder, or could by way of other links.

    `..` may stand at the beginning of the target alone: there it leads up from the link's own folder, which is a real
    one. After a name it would lead up from wherever that name, itself perhaps a link, leads to.

    Args:
        link: its safe name.
        target: where it leads, as it says itself.

    Raises:
        ValueError: if it does.
    """
    _refuse_tricks(target)
    parts = _parts(target)
    ups = next((count for count, part in enumerate(parts) if part != ".."), len(parts))
    if not target or ups > link.count("/") or ".." in parts[ups:]:
        raise ValueError(f"{link!r} is a link to {target!r}, which leads out of the folder")


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _refuse_tricks(name: str) -> None:
    if name.startswith("/") or _DRIVE.search(name) or "\\" in name or "\0" in name:
        raise ValueError(f"{name!r} is no relative path with / between its names")
