"""What a data set does when it is built: nothing that can be seen from outside."""

from __future__ import annotations

from pathlib import Path

from inpaintbench.errors import DatasetError
from inpaintbench.folders import data_folder, places_of
from inpaintbench.selectors import resolve_target
from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.datasets.subject import DatasetSubject
from inpaintbench.testing.watching import connections_refused, folder_state, opened_files


@promise()
def builds_offline(subject: DatasetSubject) -> None:
    """It opens no connection when it is built.

    Every listing and every plan builds it, on machines without a network, too. `bench prepare` fetches what the spec
    declares as `downloads`, with checksums, once.
    """
    refused: Exception | None = None
    with connections_refused() as tried:
        try:
            subject.build()
        except Exception as error:
            refused = error
    if tried:
        raise PromiseError(f"Its constructor tried to reach {tried[0]}; expected that it opens no connection.")
    if refused is not None:
        raise refused


@promise(builds_offline)
def builds_without_writing(subject: DatasetSubject) -> None:
    """It writes no file when it is built.

    Files that are opened for writing are noticed wherever they lie; the folder of the data, and those that its
    parameters name, are compared before and after, two levels deep.
    """
    resolve_target(subject.spec.target)  # an import may write what it likes
    folders = _folders(subject)
    before = [folder_state(folder) for folder in folders]
    with connections_refused(), opened_files() as opened:
        subject.build()
    if written := [file.path for file in opened if file.writing]:
        raise PromiseError(f"Its constructor opened {written[0]} for writing; expected that it writes nothing.")
    for folder, was in zip(folders, before, strict=True):
        now = folder_state(folder)
        if now != was:
            changed = sorted(path for path in {*was, *now} if was.get(path) != now.get(path))
            raise PromiseError(f"Its constructor changed {changed[0]}; expected that it writes nothing.")


def _folders(subject: DatasetSubject) -> list[Path]:
    """Return the folder of all data, and those that parameters of the data set name."""
    places = {parameter.name for parameter in subject.spec.parameters if parameter.is_place}
    named = [str(value) for name, value in subject.selection.values if name in places]
    try:
        return [data_folder(), *(place for name in named for place in places_of(name))]
    except DatasetError:  # a home folder of somebody who has none
        return []
