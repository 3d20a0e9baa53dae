"""What a person reads who has to get a data set by hand: which files from where, and what belongs where."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from inpaintbench.api import DatasetSpec, Download, Split
from inpaintbench.downloads.present import marker_of, missing, needed, places_there, target_of


def instructions(spec: DatasetSpec, folder: Path, splits: Sequence[Split]) -> str:
    """Return what a person does to get splits of a data set by hand, on several lines.

    They name each file that anyone may download and that is not there, with its size and place; where all are there,
    what to move away to have them fetched anew. Then follow where to ask for the rest, and what belongs where.

    Raises:
        DownloadError: if the folder cannot be read.
    """
    folder = folder.absolute()
    lines = _downloads(spec, folder, splits)
    rest, put = "What else it needs is at", f"In the end, {folder} holds"
    if not lines:
        lacking = f"What {spec.name} still lacks" if spec.downloads else spec.name
        lines = [f"{lacking} has to be fetched by hand: its publisher offers no download that needs no person."]
        rest, put = "Get it from", f"Put it into {folder}" + (", so that it holds" if spec.layout else "")
    if spec.homepage:
        lines.append(f"{rest} {spec.homepage}")
    if spec.licence:
        lines.append(f"Its terms: {spec.licence}")
    if spec.layout or not needed(spec, splits):
        lines.append(put)
    if spec.layout:
        lines.append(textwrap.indent(textwrap.dedent(spec.layout).strip("\n"), "  "))
    return "\n".join(lines)


def _downloads(spec: DatasetSpec, folder: Path, splits: Sequence[Split]) -> list[str]:
    """Return the lines on what `bench prepare` fetches; none if it fetches nothing for these splits."""
    absent = missing(spec, folder, splits)
    if absent:
        lines = [f"Of {spec.name}, anyone may download", *(_absent_line(download, folder) for download in absent)]
        if any(download.unpack for download in absent):
            lines.append(f"An archive is left as it is: `bench prepare {spec.name}` checks and unpacks it.")
        return lines
    lines = [_present_line(download, folder) for download in needed(spec, splits)]
    heading = f"What `bench prepare` can fetch of {spec.name} is there. To have it fetched anew, move away"
    return [heading, *lines] if lines else []


def _absent_line(download: Download, folder: Path) -> str:
    target = target_of(download, folder)
    where = f"which is at {target} already" if target.exists() else f"which belongs at {target}"
    return f"  {download.url} ({_megabytes(download)}), {where}"


def _present_line(download: Download, folder: Path) -> str:
    there = places_there((place for places in download.contents for place in places), folder)
    if there:
        return f"  {' and '.join(map(str, there))} ({download.filename}, {_megabytes(download)})"
    marker = marker_of(download, folder)
    return f"  {marker} ({download.filename}, {_megabytes(download)}, was fetched before and has lost files)"


def _megabytes(download: Download) -> str:
    return f"{download.megabytes:,.6g} MB"
