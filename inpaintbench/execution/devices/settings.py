"""Torch's global settings, which decide what the same code computes: read, compared, put back, and kept apart.

Code of others sets them as it likes, in a constructor, at an import, or at each call. What one method has chosen for
itself must reach neither the metrics nor the cells that its process does next.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Protocol, Self

import torch

Changed = Callable[[Iterable[str]], object]
"""Told the names of what had to be put back."""

_PRECISIONS: Final = (
    "", "cudnn.", "cudnn.conv.", "cudnn.rnn.", "cuda.matmul.", "mkldnn.", "mkldnn.conv.", "mkldnn.rnn.",
    "mkldnn.matmul.",
)  # fmt: skip
"""What of `torch.backends` has a precision of its own, from torch 2.9 on."""


class State(Protocol):
    """What something was like at some moment."""

    def restore(self) -> list[str]:
        """Let it be like this again, and return the names of what was not."""
        ...


@contextmanager
def put_back(before: State, changed: Changed) -> Iterator[None]:
    """Let something be again what it was before, and tell what was not."""
    try:
        yield
    finally:
        if names := before.restore():
            changed(names)


@dataclass(frozen=True)
class Settings:
    """What the settings were at some moment, by their names. Settings that are alike are equal."""

    values: dict[str, Any]

    @classmethod
    def read(cls) -> Self:
        """Return them as they are."""
        return cls({name: get() for name, (get, _) in _SETTINGS.items()})

    def restore(self) -> list[str]:
        """Put them back, and return the names of those that were others."""
        changed = [name for name, value in Settings.read().values.items() if value != self.values[name]]
        for name in changed:  # a call that changes nothing can still cost an import of seconds
            _SETTINGS[name][1](self.values[name])
        return changed


class Apart:
    """Lets a method have settings of its own, while all else goes on under those of the moment when this was made.

    Args:
        changed: told what it has set otherwise, each time.
    """

    def __init__(self, changed: Changed) -> None:
        self._ours, self._changed = Settings.read(), changed
        self._theirs = self._ours

    @contextmanager
    def theirs(self) -> Iterator[None]:
        """Let the settings be those that the method has left the last time."""
        self._theirs.restore()
        try:
            yield
        finally:
            self._theirs = Settings.read()
            if changed := self._ours.restore():
                self._changed(changed)


@dataclass(frozen=True, eq=False)
class _Precision:
    """How float32 is rounded before it is multiplied.

    Torch has two kinds of switches for that, which move each other, and of which the older ones cannot always be read.
    The newer ones say what is so, where there are any.
    """

    older: tuple[Any, ...]
    newer: dict[str, str]

    @classmethod
    def read(cls) -> Self:
        newer = {name: _read(f"{name}fp32_precision") for name in _PRECISIONS}
        older = (_read("cudnn.allow_tf32"), _read("cuda.matmul.allow_tf32"), _read_matmul())
        return cls(older, {name: value for name, value in newer.items() if value is not None})

    def set(self) -> None:
        convolutions, products, matmul = self.older
        if convolutions is not None:
            torch.backends.cudnn.allow_tf32 = convolutions
        if products is not None:
            torch.backends.cuda.matmul.allow_tf32 = products
        if matmul is not None:
            torch.set_float32_matmul_precision(matmul)
        for name, value in self.newer.items():
            if _read(f"{name}fp32_precision") != value:
                place: Any = attrgetter(name[:-1])(torch.backends) if name else torch.backends
                place.fp32_precision = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Precision):
            return NotImplemented
        return self.newer == other.newer if self.newer else self.older == other.older


def _read(name: str) -> Any:
    try:
        return attrgetter(name)(torch.backends)
    except (AttributeError, RuntimeError):  # torch, if the older switch cannot express what the newer ones say
        return None


def _read_matmul() -> str | None:
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:
        return None


def _set_device(device: torch.device) -> None:
    torch.set_default_device(None if device.type == "cpu" else device)  # a chosen one makes every call slower


def _read_determinism() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _set_determinism(value: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(value[0], warn_only=value[1])


def _read_cudnn() -> tuple[bool, bool, bool]:
    cudnn = torch.backends.cudnn
    return cudnn.enabled, cudnn.benchmark, cudnn.deterministic


def _set_cudnn(value: tuple[bool, bool, bool]) -> None:
    cudnn = torch.backends.cudnn
    cudnn.enabled, cudnn.benchmark, cudnn.deterministic = value


def _flushes_denormals() -> bool:
    """Whether numbers below the smallest normal one become 0; torch does not tell."""
    half = float("0.5")
    return sys.float_info.min * half == 0.0


_SETTINGS: Final[dict[str, tuple[Callable[[], Any], Callable[[Any], object]]]] = {
    "default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "default device": (torch.get_default_device, _set_device),
    "number of threads": (torch.get_num_threads, torch.set_num_threads),
    "gradients": (torch.is_grad_enabled, torch.set_grad_enabled),
    "deterministic algorithms": (_read_determinism, _set_determinism),
    "precision of float32": (_Precision.read, _Precision.set),
    "cuDNN": (_read_cudnn, _set_cudnn),
    "denormal numbers": (_flushes_denormals, torch.set_flush_denormal),
}
