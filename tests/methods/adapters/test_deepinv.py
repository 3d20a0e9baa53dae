from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inpaintbench.api import Batch
from inpaintbench.errors import ParameterError, PluginError
from inpaintbench_methods.tv.method import TotalVariation

deepinv = pytest.importorskip("deepinv", reason="not installed: pip install 'inpaintbench[deepinv]'")
pytest.importorskip("ptwt", reason="not installed: pip install 'inpaintbench[deepinv]'")

Pictures = tuple[Tensor, Tensor]
PRIORS = ["tv", "wavelet"]


@pytest.mark.parametrize("model", PRIORS)
def test_a_constant_colour_is_continued(
    model: str, build: Callable[[str], Any], completed: Callable[..., Tensor]
) -> None:
    image = torch.tensor([0.2, 0.5, 0.8]).reshape(1, 3, 1, 1).expand(1, 3, 32, 32).contiguous()
    hole = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    hole[..., 10:20, 12:20] = True
    found = completed(build(f"deepinv[model={model}]"), image, hole)
    torch.testing.assert_close(found, image, atol=1e-4, rtol=0)


def test_tv_comes_near_to_what_another_solver_of_it_finds(
    build: Callable[[str], Any], completed: Callable[..., Tensor]
) -> None:
    # A step that runs through the hole: TV has one minimiser, which continues it.
    image = torch.full((1, 3, 24, 24), 0.25)
    image[..., 10:] = 0.75
    hole = torch.zeros(1, 1, 24, 24, dtype=torch.bool)
    hole[..., 10:13, 7:14] = True
    ours = completed(TotalVariation(epsilon=0.0, gap=1e-5, max_iterations=20_000), image, hole)
    theirs = completed(build("deepinv[model=tv,strength=0.01,tolerance=1e-6,iterations=3000]"), image, hole)
    assert (ours - image).abs().max() < 1e-2
    assert (theirs - ours).abs().max() < 3e-2


@pytest.mark.parametrize("model", PRIORS)
def test_an_image_does_not_depend_on_those_before_it(
    model: str, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    image, hole = pictures
    method = build(f"deepinv[model={model},iterations=20]")
    together = completed(method, image, hole)
    for number in (2, 0, 1):
        assert torch.equal(completed(method, image[[number]], hole[[number]])[0], together[number])


@pytest.mark.parametrize("model", PRIORS)
def test_whether_it_stopped_by_itself_is_told(model: str, build: Callable[[str], Any], pictures: Pictures) -> None:
    image, hole = pictures
    batch = Batch(image.masked_fill(hole, 0), hole, (0, 1, 2))
    for iterations, tolerance, expected in ((2, 1e-9, False), (500, 0.1, True)):
        method = build(f"deepinv[model={model},iterations={iterations},tolerance={tolerance}]")
        assert method.complete(batch).converged.tolist() == [expected] * 3


@pytest.mark.parametrize("model", PRIORS)
@pytest.mark.parametrize("missing", [True, False])
def test_full_and_empty_holes(
    model: str, missing: bool, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    image, hole = pictures
    found = completed(build(f"deepinv[model={model}]"), image, torch.full_like(hole, missing))
    assert torch.equal(found, torch.full_like(image, 0.5) if missing else image)


@pytest.mark.parametrize("model", ["dpir", "diffpir"])
def test_a_denoiser_is_not_downloaded(model: str, build: Callable[[str], Any], tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=rf"model={model}\] needs weights=…: a file"):
        build(f"deepinv[model={model}]")
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(PluginError, match=r"other\.pt does not hold the weights of deepinv's (DRUNet|DiffUNet)"):
        build(f"deepinv[model={model},weights={tmp_path / 'other.pt'}]")


@pytest.fixture
def denoiser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Let deepinv's denoisers be one that returns a constant picture of what its file says; return the file."""

    class Constant(torch.nn.Module):
        def __init__(self, pretrained: None) -> None:
            super().__init__()
            self.level = torch.nn.Parameter(torch.zeros(1))

        def forward(self, noisy: Tensor, sigma: Any = None, **_: Any) -> Tensor:
            return torch.zeros_like(noisy) + self.level

    for name in ("DRUNet", "DiffUNet"):
        monkeypatch.setattr(deepinv.models, name, Constant)
    torch.save({"level": torch.tensor([0.3])}, tmp_path / "constant.pt")
    return str(tmp_path / "constant.pt")


def test_dpir_puts_into_the_hole_what_the_denoiser_says(
    denoiser: str, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    image, hole = pictures
    found = completed(build(f"deepinv[model=dpir,weights={denoiser}]"), image, hole)
    torch.testing.assert_close(found.masked_select(hole), torch.full_like(found.masked_select(hole), 0.3))


def test_diffpir_draws_from_the_seed_and_leaves_torch_s_generator_alone(
    denoiser: str, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures
) -> None:
    image, hole = pictures
    method = build(f"deepinv[model=diffpir,weights={denoiser},iterations=5]")
    before = torch.random.get_rng_state()
    found = completed(method, image, hole, (4, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(1)
    assert torch.equal(completed(method, image[[1]], hole[[1]], (5,))[0], found[1])
    assert not torch.equal(completed(method, image[[1]], hole[[1]], (0,))[0], found[1])


def test_it_can_be_pickled(build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures) -> None:
    method = build("deepinv[model=tv,iterations=5]")
    assert torch.equal(completed(pickle.loads(pickle.dumps(method)), *pictures), completed(method, *pictures))
