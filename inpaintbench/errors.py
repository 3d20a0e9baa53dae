"""Everything that `inpaintbench` raises on purpose, as one tree.

```
InpaintbenchError
├── UsageError               the person who typed can mend it: exit code 2
│   ├── UnknownNameError     no plugin, parameter or key of that name
│   ├── ParameterError       a parameter has the wrong type or range
│   ├── SelectorError        `name[param=value,…]` cannot be parsed
│   ├── SuiteError           a suite file is not one
│   ├── PluginError          a plugin cannot be loaded or registers wrongly
│   ├── DatasetError         a data set is not where it was said to be
│   │   └── NoSplitError     it has no such split, wherever it is
│   ├── CacheError           the folder of caches cannot be used, or has no room
│   ├── DownloadError        a published file cannot be fetched or unpacked
│   └── DeviceError          the device asked for is not there
├── UnreadableImageError     one image of a data set cannot be decoded
│   └── UnreadableFileError  because its file has gone, or cannot be read
├── InvalidOutputError       a method broke its contract: its cell becomes `invalid-output`
├── MissingWeightsError      pretrained weights are neither here nor to be fetched
├── CheckpointError          trained weights are not here, or not what their card says
│   └── TrainingError        a training has failed, or is not possible
├── StoreError               what lies in a results folder cannot be read or written
│   └── BusyError            another process is writing it
├── StaleError               what is to be run is no longer what was planned
└── WorkerError              a worker process has died, or had to be ended
```

Messages are sentences: what was found, what was expected, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InpaintbenchError(Exception):
    """Base of every error that this package raises on purpose."""


class UsageError(InpaintbenchError):
    """What was asked for cannot be done; the message says how to ask for something that can."""


class UnknownNameError(UsageError):
    """A name that nobody registered."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(kind, name, tuple(sorted(known)))  # as they are: what crosses processes is built from them

    @property
    def near(self) -> tuple[str, ...]:
        """Known names that look like the one that was asked for."""
        _, name, known = self.args
        return tuple(difflib.get_close_matches(name, known, n=3, cutoff=0.5))

    def __str__(self) -> str:
        kind, name, known = self.args
        hint = f" Did you mean {' or '.join(self.near)}?" if self.near else ""
        listing = f" Known: {', '.join(known)}." if known else ""
        return f"There is no {kind} called {name!r}.{hint}{listing}"


class ParameterError(UsageError):
    """A parameter's value has the wrong type, or lies outside its range."""


class SelectorError(UsageError):
    """A selector is not of the form `name[param=value,…]`."""


class SuiteError(UsageError):
    """A suite file cannot be read, or says something that a suite cannot say."""


class PluginError(UsageError):
    """A plugin cannot be imported, or what it registers cannot be accepted."""


class DatasetError(UsageError):
    """A data set is absent, empty, or not what its selector says."""


class NoSplitError(DatasetError):
    """A data set has no such split, wherever its files are."""


class CacheError(UsageError):
    """The folder of caches cannot be read or written, or what is to lie there has no room."""


class DownloadError(UsageError):
    """A published file cannot be fetched or unpacked, or is not what was published.

    Attributes:
        why: what has happened, without an end mark.
        advice: what the person can do, as sentences; may be empty.
    """

    def __init__(self, why: str, advice: str = "") -> None:
        super().__init__(why, advice)
        self.why = why
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.why}. {self.advice}".rstrip()


class DeviceError(UsageError):
    """The device that was asked for is not usable on this machine."""


class UnreadableImageError(InpaintbenchError):
    """One image cannot be decoded; it is reported by name, skipped and counted."""


class UnreadableFileError(UnreadableImageError):
    """A file has gone, or cannot be opened or read: what it holds is not known.

    A data set reports and counts it as it does a broken picture. Whoever passes over broken files and takes others
    in their place must not pass over this one: once the file can be read again, the same run would go another way.
    """


class InvalidOutputError(InpaintbenchError):
    """A method returned something that its contract excludes, or wrote into its input."""


class StoreError(InpaintbenchError):
    """A results folder holds something that cannot be read, or refuses to be written."""


class BusyError(StoreError):
    """Another process is writing what was to be written here."""


class StaleError(InpaintbenchError):
    """Code, pictures or weights have changed between the plan and the run."""


class WorkerError(InpaintbenchError):
    """A worker process has died, or had to be ended; its cell is stored as a failure."""


class MissingWeightsError(InpaintbenchError):
    """Weights are neither here nor to be fetched; the message says which file belongs where."""


class CheckpointError(InpaintbenchError):
    """Weights that were trained are not here, or not what their card says."""


class TrainingError(CheckpointError):
    """A training has failed, or is not possible; whatever needs its weights fails with it."""
