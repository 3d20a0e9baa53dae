"""Data sets with one fault each, called `wrong_` and the check that has to find it; and `right`, which has none."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import socket
from pathlib import Path

import numpy as np

from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, Parameter
from inpaintbench.errors import DatasetError, NoSplitError


class Right:
    """Plain pictures, by their ids; a folder that need not be there, in which `wrong_builds_without_writing` writes."""

    def __init__(self, path):
        self.path = Path(path)

    def items(self, split):
        if split == "val":
            raise NoSplitError("This data set has no val split: it is published as train and test.")
        return [f"{split}/{number:03}.png" for number in range(20)]

    def load(self, item):
        levels = np.frombuffer(hashlib.shake_128(item.encode()).digest(6 * 5 * 3), np.uint8)
        return levels.reshape(6, 5, 3).copy()

    def fingerprint(self, items):
        return hashlib.sha256("\n".join(items).encode()).hexdigest()

    def label(self, item):
        return item[-5]

    def source(self, item):
        return item[-6]


class builds_offline(Right):  # noqa: N801  each is called as the check that finds it
    def __init__(self, path):
        super().__init__(path)
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", 9), timeout=1).close()


class builds_without_writing(Right):  # noqa: N801
    def __init__(self, path):
        super().__init__(path)
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "index.txt").write_text("an index")


class makes_a_folder(Right):  # noqa: N801
    """Opens no file, but what it makes is seen in the folder."""

    numbers = itertools.count()

    def __init__(self, path):
        super().__init__(path)
        (self.path / f"cache-{next(self.numbers)}").mkdir(parents=True)


class lists(Right):  # noqa: N801
    def items(self, split):
        raise KeyError(split)


class ids_text(Right):  # noqa: N801
    def items(self, split):
        return [Path(item) for item in super().items(split)]


class ids_once(Right):  # noqa: N801
    def items(self, split):
        return [*super().items(split), f"{split}/007.png"]


class ids_stable(Right):  # noqa: N801
    numbers = itertools.count()

    def items(self, split):
        ids = super().items(split)
        turn = next(self.numbers) % len(ids)
        return ids[turn:] + ids[:turn]


class splits_disjoint(Right):  # noqa: N801
    def items(self, split):
        return [*super().items(split), "train/003.png"] if split == "test" else super().items(split)


class missing_split(Right):  # noqa: N801
    def items(self, split):
        return [] if split == "val" else super().items(split)


class loads_rgb(Right):  # noqa: N801
    def load(self, item):
        return super().load(item) / 255


class decodes_again(Right):  # noqa: N801
    def load(self, item):
        return super().load(item) ^ np.random.randint(2, dtype=np.uint8)


class decodes_in_any_order(Right):  # noqa: N801
    """Crops every picture to the size of the first one that it happens to load."""

    size = None

    def load(self, item):
        self.size = self.size or (2 if item == "train/000.png" else 3)
        return super().load(item)[: self.size]


class decodes_unlisted(Right):  # noqa: N801
    def __init__(self, path):
        super().__init__(path)
        self.brightness = 1

    def items(self, split):
        self.brightness = 0
        return super().items(split)

    def load(self, item):
        return super().load(item) ^ np.uint8(self.brightness)


class fingerprint_text(Right):  # noqa: N801
    def fingerprint(self, items):
        return len(items)


class fingerprint_stable(Right):  # noqa: N801
    numbers = itertools.count()

    def fingerprint(self, items):
        return f"{super().fingerprint(items)} {next(self.numbers)}"


class fingerprint_of_items(Right):  # noqa: N801
    def fingerprint(self, items):
        return "version 1"


class labels(Right):  # noqa: N801
    def label(self, item):
        return str(self.load(item)[0, 0, 0] // 64)


class sources(Right):  # noqa: N801
    def source(self, item):
        return int(item[-6])


class absent(Right):  # noqa: N801
    def items(self, split):
        raise DatasetError(f"There is no folder {self.path}. Buy the pictures.")


FAULTS = (
    builds_offline,
    builds_without_writing,
    lists,
    ids_text,
    ids_once,
    ids_stable,
    splits_disjoint,
    missing_split,
    loads_rgb,
    decodes_again,
    decodes_in_any_order,
    decodes_unlisted,
    fingerprint_text,
    fingerprint_stable,
    fingerprint_of_items,
    labels,
    sources,
)


def _spec(name, target):
    path = Parameter(name="path", kind="path", default="wrong-data", help="A folder.")
    return DatasetSpec(name=name, target=f"{__name__}:{target}", summary="With a fault.", parameters=(path,))


@hookimpl
def register_datasets():
    faults = [_spec(f"wrong_{fault.__name__}", fault.__name__) for fault in FAULTS]
    return [_spec("right", "Right"), *faults, _spec("absent", "absent"), _spec("makes_a_folder", "makes_a_folder")]
