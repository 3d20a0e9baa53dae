"""What networks of several methods have in common: first weights, precision, and how they become quick once frozen."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

M = TypeVar("M", bound=nn.Module)

_reduced: ContextVar[bool] = ContextVar("reduced", default=False)


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw first weights as DCGAN does (Radford et al., ICLR 2016, section 4), and as the Context Encoder does.

    Weights of convolutions and of linear layers come from N(0, 0.02²), scales of batch normalisation from N(1, 0.02²);
    all biases are 0.

    Args:
        network: on the CPU; changed in place.
        generator: on the CPU; the draws follow the order of `network.modules()`.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            module.weight.normal_(0.0, 0.02, generator=generator)
        elif isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d) and module.affine:
            module.weight.normal_(1.0, 0.02, generator=generator)
        else:
            continue
        if module.bias is not None:
            module.bias.zero_()


def autocast(device: torch.device) -> torch.autocast:
    """Return the context in which networks run while they are trained, or searched: bfloat16 where that is quick.

    That is on CUDA devices that compute it (Ampere and later); on a CPU only within `reduced_precision`. Parameters
    stay float32. Losses belong outside, on `.float()` outputs.
    """
    wanted = has_quick_bfloat16(device) if device.type == "cuda" else _reduced.get()
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted)


@contextmanager
def reduced_precision(wanted: bool) -> Iterator[None]:
    """Let `autocast` choose bfloat16 on a CPU, too, or not."""
    before = _reduced.set(wanted)
    try:
        yield
    finally:
        _reduced.reset(before)


def has_quick_bfloat16(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16, so that it multiplies such matrices faster than float32's."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    try:
        return bool(torch.cpu._is_avx512_bf16_supported())
    except AttributeError:  # torch has no public name for it
        return False


def fold_batch_norms(network: nn.Sequential) -> nn.Sequential:
    """Return a frozen copy in which each batch normalisation is part of the convolution before it.

    In evaluation mode, normalisation by fixed statistics is a scale and a shift of each channel, which the
    convolution can do itself. The copy is in evaluation mode, and no gradient flows to its weights.

    Args:
        network: layers one after the other, none of them nested; it is left as it is.
    """
    folded: list[nn.Module] = []
    for layer in network:
        before = folded[-1] if folded else None
        if isinstance(layer, nn.BatchNorm2d) and isinstance(before, nn.Conv2d | nn.ConvTranspose2d):
            norm, transposed = _evaluating(layer), isinstance(before, nn.ConvTranspose2d)
            folded[-1] = fuse_conv_bn_eval(before, norm, transpose=transposed)
        else:
            folded.append(_evaluating(layer))
    return nn.Sequential(*folded).eval().requires_grad_(False)


def _evaluating(layer: M) -> M:
    return copy.deepcopy(layer).eval()
