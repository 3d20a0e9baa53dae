"""Solvers of the library deepinv for y = Mx: with a prior that needs no training, or with a denoiser from a file.

| model | what is solved |
|---|---|
| `tv` | min ½‖Mx − y‖² + λ TV(x), by FISTA |
| `wavelet` | min ½‖Mx − y‖² + λ ‖Ψx‖₁ with Daubechies' wavelets db4, by FISTA |
| `dpir` | K. Zhang et al., "Plug-and-play image restoration with deep denoiser prior", TPAMI 44(10), 2022: DRUNet |
| `diffpir` | Y. Zhu et al., "Denoising diffusion models for plug-and-play image restoration", CVPRW 2023: DiffUNet |

FISTA starts from the mean colour of the known pixels. Pictures are solved one after the other: deepinv's solvers decide
for a whole batch when to stop, and its TV keeps variables of the picture before.

deepinv downloads a denoiser's weights where they are not named; here they must be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from inpaintbench import ops
from inpaintbench.api import Batch, Completion
from inpaintbench.errors import ParameterError, PluginError
from inpaintbench_methods.adapters.finding import find_model, library

NO_WEIGHTS = "none"
DENOISERS = {"dpir": "DRUNet", "diffpir": "DiffUNet"}
INNER = 20
"""Iterations of the inner solver of TV, which goes on where it was in the iteration before."""

WAVELET, LEVELS = "db4", 5


class DeepInverse:
    """Asks such a solver.

    Args:
        model: see above.
        weights: file of the denoiser's weights; `none` for `tv` and `wavelet`.
        strength: λ of `tv` and `wavelet`.
        iterations: at most so many of `tv` and `wavelet`; of `diffpir`, its steps. `dpir` has eight always.
        tolerance: relative change of the picture at which `tv` and `wavelet` stop.
        noise: standard deviation of the known pixels' noise, in [0, 1], that `dpir` and `diffpir` assume.

    Raises:
        ParameterError: if a denoiser's weights are not named.
        MissingWeightsError: if they do not lie there.
        PluginError: if deepinv is not installed, or cannot read the weights.
    """

    def __init__(
        self, model: str, weights: str, strength: float, iterations: int, tolerance: float, noise: float
    ) -> None:
        self._model, self._strength, self._iterations = model, strength, iterations
        self._tolerance, self._noise, self._device = tolerance, noise, torch.device("cpu")
        package = _deepinv()
        if model == "wavelet":
            library("ptwt", "deepinv")
        self._denoiser = self._read(package, weights) if model in DENOISERS else None

    def to(self, device: torch.device) -> DeepInverse:
        """Move the denoiser, and return self."""
        self._device = device
        if self._denoiser is not None:
            self._denoiser.to(device)
        return self

    @torch.no_grad()
    def complete(self, batch: Batch) -> Completion:
        """Return completions in [0, 1]; of `tv` and `wavelet` also whether they stopped by themselves."""
        singles = enumerate(batch.seeds)
        solved = [self._solve(batch.corrupted[[at]], batch.hole[[at]], seed) for at, seed in singles]
        image = torch.cat([picture for picture, _ in solved])
        converged = torch.tensor([reached for _, reached in solved], device=image.device)
        return Completion(image, converged if self._denoiser is None else None)

    def _solve(
        self, y: Float[Tensor, "1 3 h w"], hole: Bool[Tensor, "1 1 h w"], seed: int
    ) -> tuple[Float[Tensor, "1 3 h w"], bool]:
        if not hole.any():
            return y, True
        if hole.all():
            return torch.full_like(y, ops.NEUTRAL), True
        package = _deepinv()
        known = (~hole[0]).to(y.dtype)
        physics = package.physics.Inpainting(img_size=y.shape[1:], mask=known, device=y.device)
        if self._denoiser is None:
            solver = self._variational(package, y)
            start = torch.where(hole, ops.known_mean(y, hole), y)
            return solver(y, physics, init=(start, start.clone())), bool(solver.has_converged)
        return _drawing(seed, y.device, lambda: self._plugged(package)(y, physics)), True

    def _variational(self, package: Any, y: Float[Tensor, "1 3 h w"]) -> Any:
        """Return FISTA, made anew, so that nothing of another picture is in it."""
        optim = package.optim
        if self._model == "tv":
            prior = optim.TVPrior(n_it_max=INNER)
        else:
            deepest = max(min(y.shape[-2:]).bit_length() - 3, 1)  # as deep as a filter of eight taps makes sense
            prior = optim.WaveletPrior(level=min(deepest, LEVELS), wv=WAVELET, mode="symmetric", device=y.device)
        return optim.FISTA(
            data_fidelity=optim.L2(),
            prior=prior,
            stepsize=1.0,  # 1/L: the gradient of ½‖Mx − y‖² is Lipschitz with L = 1
            lambda_reg=self._strength,
            max_iter=self._iterations,
            early_stop=True,
            thres_conv=self._tolerance,
        )

    def _plugged(self, package: Any) -> Any:
        """Return a solver with the denoiser in it."""
        if self._model == "dpir":
            return package.optim.DPIR(sigma=self._noise, denoiser=self._denoiser, device=self._device)
        return package.sampling.DiffPIR(
            self._denoiser,
            package.optim.L2(),
            sigma=self._noise,
            max_iter=self._iterations,
            device=self._device,
        )

    def _read(self, package: Any, weights: str) -> Any:
        """Return the denoiser with its weights."""
        name = DENOISERS[self._model]
        if weights == NO_WEIGHTS:
            raise ParameterError(
                f"deepinv[model={self._model}] needs weights=…: a file with the weights of deepinv's {name}. "
                "Nothing is downloaded."
            )
        file = find_model(weights)
        denoiser = getattr(package.models, name)(pretrained=None)
        try:
            denoiser.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        except Exception as error:  # a file that is no pickle raises whatever its bytes happen to mean
            said = " ".join(str(error).split())
            raise PluginError(f"{file} does not hold the weights of deepinv's {name} ({said[:300]}).") from error
        return denoiser.eval()


def _deepinv() -> Any:
    """Return the library; it is no attribute, because a module cannot be pickled.

    Raises:
        PluginError: if it cannot be imported.
    """
    return library("deepinv", "deepinv")


def _drawing(seed: int, device: torch.device, solve: Callable[[], Tensor]) -> Tensor:
    """Return what a solver returns that draws from torch's global generator, and leave that as it was."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        return solve()
