"""LPIPS' backbones: which weights each needs, and how small a picture it can see. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inpaintbench.errors import UnknownNameError
from inpaintbench.weights import WeightsFile


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """One network in whose features LPIPS compares pictures.

    Attributes:
        weights: torchvision's ImageNet weights of the network.
        linear_sha256: SHA-256 of LPIPS' linear layers on top of it (version 0.1), which the package `lpips`
            carries.
        smallest: the least height and width, in pixels, of which its poolings leave anything.
    """

    weights: WeightsFile
    linear_sha256: str
    smallest: int


def _torchvision(filename: str, megabytes: float) -> WeightsFile:
    digits = filename.rpartition("-")[2].removesuffix(".pth")  # the name ends with the hash's first digits
    url = f"https://download.pytorch.org/models/{filename}"
    return WeightsFile(filename=filename, url=url, megabytes=megabytes, sha256=digits)


BACKBONES: Final = {
    "alex": Backbone(
        weights=_torchvision("alexnet-owt-7be5be79.pth", 244.0),
        linear_sha256="df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
        smallest=31,
    ),
    "vgg": Backbone(
        weights=_torchvision("vgg16-397923af.pth", 553.0),
        linear_sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
        smallest=16,
    ),
    "squeeze": Backbone(
        weights=_torchvision("squeezenet1_1-b8a52dc0.pth", 5.0),
        linear_sha256="4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76",
        smallest=17,
    ),
}
"""By the names that the package `lpips` gives them."""


def find_backbone(net: str) -> Backbone:
    """Return the backbone of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    if net not in BACKBONES:
        raise UnknownNameError("LPIPS backbone", net, BACKBONES)
    return BACKBONES[net]


def required_weights(net: str) -> tuple[WeightsFile, ...]:
    """Return the files that `lpips[net=…]` cannot be computed without."""
    return (find_backbone(net).weights,)
