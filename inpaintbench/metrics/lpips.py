"""LPIPS: the distance of two pictures in a network's features (Zhang et al., CVPR 2018).

The network and its linear layers (version 0.1) are those of the package `lpips`. By itself the package lets
torchvision download the backbone, and goes on with random linear layers if their file holds other names.
Here every weight comes from a file that was found first, and a file of other content is an error.
"""

import hashlib
import math
import warnings
from pathlib import Path
from typing import cast

import lpips
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor, nn

from inpaintbench.errors import MissingWeightsError
from inpaintbench.metrics.backbones import find_backbone
from inpaintbench.metrics.chunks import in_equal_chunks

_CHUNK_PIXELS = 2**20
"""Each of VGG's first features takes 256 bytes a pixel, and several of them are held at once."""
_CHUNK_IMAGES = 16
"""Constant for pictures of one size, so that no distance depends on how many were asked for together."""


class LPIPS:
    """Metric `lpips[net=…]`: `perceptual_distance` in the features of one backbone.

    Args:
        net: `alex`, `vgg` or `squeeze`.

    Raises:
        UnknownNameError: if there is no backbone of that name.
        MissingWeightsError: if its weights are neither here nor to be fetched.
    """

    def __init__(self, *, net: str = "squeeze") -> None:
        self._smallest = find_backbone(net).smallest
        self._network = load_network(net)

    def to(self, device: torch.device) -> "LPIPS":
        """Move the network to a device; return self."""
        self._network.to(device)
        return self

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image; NaN where height or width is below the backbone's smallest."""
        if min(image.shape[2:]) < self._smallest:
            return torch.full((len(image),), math.nan, dtype=torch.float64)
        return perceptual_distance(self._network, composite, image)


def perceptual_distance(
    network: nn.Module, composite: Float[Tensor, "b 3 h w"], image: Float[Tensor, "b 3 h w"]
) -> Float64[Tensor, " b"]:
    """Return each image's LPIPS distance, 0 for identical pictures.

    Args:
        network: from `load_network`, on the pictures' device.
        composite: in [0, 1].
        image: the ground truth, likewise.

    Returns:
        At least 0, computed in 32-bit floats, returned as 64-bit floats on the CPU.
    """

    def distance(composite: Tensor, image: Tensor) -> Tensor:
        return cast(Tensor, network(2 * composite - 1, 2 * image - 1)).flatten()

    count = min(_CHUNK_IMAGES, max(1, _CHUNK_PIXELS // (image.shape[2] * image.shape[3])))
    # cuDNN would otherwise multiply in TF32, which has 10 bits of mantissa, and choose algorithms by trial.
    exact = torch.backends.cudnn.flags(
        enabled=torch.backends.cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=False
    )
    with torch.no_grad(), exact:
        return in_equal_chunks(distance, composite.float(), image.float(), count=count).cpu().double()


def load_network(net: str) -> nn.Module:
    """Return the network of the package `lpips` with published weights, frozen, on the CPU.

    Args:
        net: `alex`, `vgg` or `squeeze`.

    Raises:
        UnknownNameError: if there is no backbone of that name.
        MissingWeightsError: if weights are neither here nor to be fetched, or not what they should be.
    """
    backbone = find_backbone(net)
    path = backbone.weights.ensure()
    _check_linear_layers(net, backbone.linear_sha256)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # lpips calls torchvision in a way that torchvision has deprecated
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    _fill(network.net, path)
    return cast(nn.Module, network.requires_grad_(False).eval())


def _fill(features: nn.Module, path: Path) -> None:
    """Give every weight of a random backbone the value that a file of torchvision's holds."""
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
        # What torchvision calls `features.3.bias`, lpips calls `slice2.3.bias`.
        weights = {name: published[f"features.{name.partition('.')[2]}"] for name in features.state_dict()}
        features.load_state_dict(weights, strict=True)
    except Exception as error:  # an unpickler's or a zip reader's, a name that is absent, a wrong shape
        raise MissingWeightsError(
            f"{path} does not hold the weights that its name promises ({type(error).__name__}: {error}). "
            "Remove it, and the published file is fetched in its place."
        ) from error


def _check_linear_layers(net: str, expected: str) -> None:
    path = Path(lpips.__file__).parent / "weights" / "v0.1" / f"{net}.pth"
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"
    if found != expected:
        raise MissingWeightsError(
            f"{path} does not hold the published linear layers of LPIPS (SHA-256: found {found}, "
            f"expected {expected}). Install the package lpips 0.1.4 anew."
        )
