"""What a plugin says of itself, so that it can be listed, chosen and checked without an import of its code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import ClassVar, Final, Literal

from inpaintbench.api.learning import BUDGET, TrainingSpec
from inpaintbench.errors import ParameterError, PluginError
from inpaintbench.parameters import Parameter, Value

PluginKind = Literal["method", "dataset", "mask", "metric"]
Split = Literal["train", "val", "test"]

PRESET: Final = "preset"
"""What stands in a selector for the preset; no parameter may have this name."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_TARGET = re.compile(r"[\w.]+:[\w.]+")
_CHECKSUM = re.compile(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class PluginSpec:
    """What every plugin says of itself without importing its code.

    Attributes:
        name: how selectors and tables call it.
        target: `package.module:Class`, imported only when built; called with the parameters as keywords.
        summary: one sentence.
        parameters: what selectors may set.
        version: raise it when the same parameters give other numbers; stored results of the old version
            become stale.
        requires: `package.module:function`, called with the parameters as keywords, which returns the
            `inpaintbench.weights.WeightsFile`s that this plugin cannot work without; empty if none.
        reference: the publication that it follows.
        licence: the terms of the plugin (of the pictures, for a data set).
        notes: what a user must know besides, such as rules of drawing or deviations from the publication.
        presets: other defaults for some parameters, by the name that a selector gives as `preset=…`.
        preset: the one that counts where a selector is silent; it must be among them if there are any.
        waivers: names of checks (`bench check --list`) that the plugin need not pass, and for each the reason, a
            sentence that `bench show` prints.
    """

    kind: ClassVar[PluginKind]

    name: str
    target: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    version: int = 1
    requires: str = ""
    reference: str = ""
    licence: str = ""
    notes: str = ""
    presets: Mapping[str, Mapping[str, Value]] = field(default_factory=dict, hash=False)
    preset: str = ""
    waivers: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse what could not be selected or built.

        Raises:
            PluginError: if the name, the target, the version, the parameters or the presets are malformed, or if a
                check is waived without a reason.
        """
        if not _NAME.fullmatch(self.name):
            raise PluginError(
                f"{self.name!r} cannot be a {self.kind}'s name: expected a letter, then letters, digits, _ . or -."
            )
        for target in (self.target, *filter(None, (self.requires, *self._further_targets))):
            if not _TARGET.fullmatch(target):
                raise PluginError(f"{self.kind} {self.name}: {target!r} is no target; expected 'package.module:Class'.")
        if not isinstance(self.version, int) or isinstance(self.version, bool) or self.version < 1:
            raise PluginError(
                f"{self.kind} {self.name}: {self.version!r} cannot be its version; expected a whole number from 1."
            )
        names = [parameter.name for parameter in self.parameters]
        for name in names:
            if not name.isidentifier() or names.count(name) > 1:
                raise PluginError(f"{self.kind} {self.name}: {name!r} cannot be a parameter, or is declared twice.")
        self._check_presets()
        for check, reason in self.waivers.items():
            if not str(reason).strip():
                raise PluginError(
                    f"{self.kind} {self.name}: the check {check} is waived without a reason; expected one."
                )

    @property
    def withheld(self) -> frozenset[str]:
        """Names of the parameters that the target is not called with, because the harness alone needs them."""
        return frozenset()

    @property
    def _further_targets(self) -> tuple[str, ...]:
        """What else of it is imported only when it is needed."""
        return ()

    def _check_presets(self) -> None:
        declared = {parameter.name: parameter for parameter in self.parameters}
        if (
            PRESET in declared
            or (self.presets and self.preset not in self.presets)
            or (self.preset and not self.presets)
        ):
            raise PluginError(
                f"{self.kind} {self.name}: {self.preset!r} cannot be the preset; expected one of "
                f"{', '.join(self.presets) or 'none'}, and no parameter of the name {PRESET!r}."
            )
        for name, values in self.presets.items():
            for parameter, value in values.items():
                try:
                    declared[parameter].check(value)
                except (KeyError, ParameterError) as error:
                    raise PluginError(
                        f"{self.kind} {self.name}: the preset {name} cannot set {parameter}: {error}"
                    ) from error


@dataclass(frozen=True, kw_only=True)
class MethodSpec(PluginSpec):
    """Declares an inpainting method, whose target satisfies `Method`, and `Learned` if it is trained.

    Attributes:
        training: how it is trained; None for a method that learns nothing. One that does declares the parameters of
            `budget` among its own.
        least_side: of the square pictures that it can complete, in pixels. Smaller ones are refused before a run.
        multiple_of: by which the side must be divisible. Others are refused before a run.
        timed: whether its calls take the time of filling holes; if that was done elsewhere, no time is stored.
    """

    kind: ClassVar[PluginKind] = "method"
    training: TrainingSpec | None = None
    least_side: int = 1
    multiple_of: int = 1
    timed: bool = True

    def __post_init__(self) -> None:
        """Refuse what could not be selected, built or trained.

        Raises:
            PluginError: if the name, the target, the version, the parameters, the presets, the training or the sides
                are malformed.
        """
        super().__post_init__()
        for name in ("least_side", "multiple_of"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise PluginError(
                    f"method {self.name}: {name}={value!r} is not possible; expected a whole number from 1."
                )
        if self.training is None:
            return
        needed = BUDGET.union(self.training.shaped_by, dict(self.training.per_mask))
        if lacking := needed - {parameter.name for parameter in self.parameters}:
            raise PluginError(
                f"method {self.name}: its training needs the parameters {', '.join(sorted(lacking))}, which are not "
                "declared; those of `budget` must be."
            )

    @property
    def withheld(self) -> frozenset[str]:
        """Names of the parameters that the target is not called with: those of `budget`."""
        return BUDGET if self.training else frozenset()

    def refusal(self, side: int) -> str:
        """Return why square pictures of this side, in pixels, are not for this method; empty if they are."""
        if self.training and self.training.sizes and side not in self.training.sizes:
            return f"{self.name} can be trained at {', '.join(map(str, self.training.sizes))} pixels, not at {side}."
        if side < self.least_side:
            return f"{self.name} completes pictures of at least {self.least_side} pixels a side, not of {side}."
        if side % self.multiple_of:
            return (
                f"{self.name} completes pictures whose side is a multiple of {self.multiple_of} pixels, not of {side}."
            )
        return ""


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file that a data set's publisher lets anyone download.

    Attributes:
        url: where the publisher keeps it: `https`, `http`, or a file's page on Google Drive.
        filename: under which it is stored, below the data set's folder.
        megabytes: its size, for messages.
        checksum: `md5:…` or `sha256:…` of the whole file, in lower-case hexadecimal digits; empty if nobody has
            published one.
        unpack: whether it is an archive (tar, zip) whose content is put into `into`; else the file itself is.
        into: a folder below that of the data set, with `/`; `.` for that folder itself.
        holds: the files and folders, below the folder of the data set and with `/`, that are there once this is: where
            all of them are, nothing is fetched. Places of which one is enough stand in one text, as in
            `dtd/images|images`. Empty for the file itself, or for an archive whose content is not known: that is
            fetched unless it has been before.
        splits: of which it is needed; empty for all.
        only_for: names and values of the data set's parameters with which alone it is needed; empty for any.
    """

    url: str
    filename: str
    megabytes: float
    checksum: str = ""
    unpack: bool = False
    into: str = "."
    holds: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ()
    only_for: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be fetched, checked, or kept in its folder.

        Raises:
            PluginError: if the checksum is malformed, or a name leads out of the data set's folder.
        """
        if self.checksum and not _CHECKSUM.fullmatch(self.checksum):
            raise PluginError(f"{self.url}: {self.checksum!r} is no checksum; expected 'md5:…' or 'sha256:…'.")
        if isinstance(self.holds, str):
            raise PluginError(f"{self.url}: holds={self.holds!r} is one text; expected a tuple of them.")
        for name in (self.filename, self.into, *(place for places in self.contents for place in places)):
            path = PurePosixPath(name)
            if not name or path.is_absolute() or ".." in path.parts:
                raise PluginError(f"{self.url}: {name!r} leads out of the data set's folder.")
        if len(PurePosixPath(self.filename).parts) != 1:
            raise PluginError(f"{self.url}: {self.filename!r} is no file name; put folders into `into`.")

    @property
    def contents(self) -> tuple[tuple[str, ...], ...]:
        """The parts that it consists of once it is there: for each the places of which one holds it.

        Below the folder of the data set, with `/`. Empty if they are not known.
        """
        if not self.holds and not self.unpack:
            return ((str(PurePosixPath(self.into) / self.filename),),)
        return tuple(tuple(places.split("|")) for places in self.holds)

    def serves(self, values: Mapping[str, Value]) -> bool:
        """Whether it is needed with these values of the data set's parameters."""
        return all(values.get(name) == value for name, value in self.only_for)


@dataclass(frozen=True, kw_only=True)
class DatasetSpec(PluginSpec):
    """Declares a data set, whose target satisfies `Dataset`.

    A data set that lies in a folder has a parameter `path` for it, with the folder's usual name as the default.

    Attributes:
        homepage: where its publisher describes it, and where a person asks for what may not be downloaded freely.
        layout: which files must lie where below the folder, one a line; what `bench prepare` tells a person.
        downloads: what `bench prepare` fetches; empty where the publisher wants a person to ask.
    """

    kind: ClassVar[PluginKind] = "dataset"
    homepage: str = ""
    layout: str = ""
    downloads: tuple[Download, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MaskSpec(PluginSpec):
    """Declares a mask generator, whose target satisfies `MaskGenerator`.

    Attributes:
        coverage: `package.module:function`, called with the height and the width of a picture, and the parameters as
            keywords, which returns the lowest and the highest share of it, in [0, 1], that can be missing; empty if
            that is not known.
    """

    kind: ClassVar[PluginKind] = "mask"
    coverage: str = ""

    @property
    def _further_targets(self) -> tuple[str, ...]:
        return (self.coverage,)


MOST_DECIMALS: Final = 12
"""That a metric may ask a table to print."""


@dataclass(frozen=True, kw_only=True)
class MetricSpec(PluginSpec):
    """Declares a metric, whose target satisfies `Metric`.

    Attributes:
        unit: such as `dB`; empty for a pure number.
        higher_is_better: the direction.
        decimals: how many a table prints, from 0 to 12.
        label: the head of its column; `{parameter}` stands for a parameter's value.
        default: whether it is scored where nobody chose metrics: those of the scoring protocol.
        ranked: whether it counts for the mean rank that sorts a leaderboard. Metrics that order images alike
            (PSNR over the image and over the hole) would otherwise vote twice.
        identity: its value for a composite that is the truth itself; None if that depends on the picture.
        symmetric: whether composite and truth may change places.
    """

    kind: ClassVar[PluginKind] = "metric"
    unit: str = ""
    higher_is_better: bool
    decimals: int = 3
    label: str
    default: bool = False
    ranked: bool = False
    identity: float | None = None
    symmetric: bool = True

    def __post_init__(self) -> None:
        """Refuse what could not be selected, built or printed.

        Raises:
            PluginError: if the name, the target, the version, the parameters, the label or the decimals are malformed.
        """
        super().__post_init__()
        if self.decimals not in range(MOST_DECIMALS + 1):
            raise PluginError(
                f"metric {self.name}: {self.decimals!r} decimals cannot be printed; expected a whole number from 0 to "
                f"{MOST_DECIMALS}."
            )
        try:
            self.label.format_map({parameter.name: parameter.default for parameter in self.parameters})
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise PluginError(
                f"metric {self.name}: the label {self.label!r} cannot be filled in; expected text in which braces hold "
                "a parameter's name."
            ) from error
