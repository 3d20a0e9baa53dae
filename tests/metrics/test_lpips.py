"""LPIPS: against its formula, the package `lpips` and torchmetrics; and never with random weights."""

import socket
import time
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import lpips as package
import pytest
import torch
import torchvision
from skimage import data
from torch import Tensor
from torchmetrics.functional.image import learned_perceptual_image_patch_similarity

from inpaintbench import downloads
from inpaintbench.downloads import reach
from inpaintbench.errors import MissingWeightsError, UnknownNameError
from inpaintbench.metrics.backbones import BACKBONES
from inpaintbench.metrics.lpips import LPIPS, load_network, perceptual_distance

NETS = {
    "alex": (torchvision.models.alexnet, (1, 4, 7, 9, 11)),
    "vgg": (torchvision.models.vgg16, (3, 8, 15, 22, 29)),
    "squeeze": (torchvision.models.squeezenet1_1, (1, 4, 7, 9, 10, 11, 12)),
}
"""torchvision's networks, and the layers of their `features` that LPIPS compares."""


@pytest.fixture(autouse=True)
def _no_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections before a name is looked up, and forget what other tests found out about the network."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("there is no network in tests")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(downloads, "reachable", reach.reachable.__wrapped__)


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights that holds none; returns where they belong."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    return checkpoints


@pytest.fixture
def published(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real weights of SqueezeNet."""
    monkeypatch.setenv("TORCH_HOME", str(real_data / "weights"))


@cache
def invented(net: str) -> torch.nn.Module:
    """Return a backbone with random weights, always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model: torch.nn.Module = NETS[net][0](weights=None, **({"init_weights": False} if net == "vgg" else {}))
    return model.eval()


def invent_weights(net: str, checkpoints: Path) -> torch.nn.Module:
    """Write the `features` of an invented backbone where published weights belong, and return the backbone."""
    model = invented(net)
    kept = {name: value for name, value in model.state_dict().items() if name.startswith("features.")}
    torch.save(kept, checkpoints / BACKBONES[net].weights.filename)
    return model


def random_pictures(count: int, side: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    composite, image = (torch.randint(0, 256, (count, 3, side, side), generator=generator) / 255 for _ in range(2))
    return composite, image, torch.ones(count, 1, side, side, dtype=torch.bool)


@torch.no_grad()
def by_formula(net: str, model: torch.nn.Module, composite: Tensor, image: Tensor) -> Tensor:
    """Return equation 1 of the paper from torchvision's own network: Σ over layers of the mean of w · (ŷ − ŷ₀)²."""
    linear = torch.load(Path(package.__file__).parent / f"weights/v0.1/{net}.pth", map_location="cpu")
    shift = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
    x, y = ((2 * picture - 1 - shift) / scale for picture in (composite, image))
    distance = torch.zeros(len(image))
    level = 0
    for index, layer in enumerate(model.features[: NETS[net][1][-1] + 1]):
        x, y = layer(x), layer(y)
        if index in NETS[net][1]:
            unit_x, unit_y = (f / f.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-10) for f in (x, y))
            weighted = linear[f"lin{level}.model.1.weight"] * (unit_x - unit_y).square()
            distance += weighted.sum(dim=1).mean(dim=(1, 2))
            level += 1
    return distance


@pytest.mark.parametrize("net", NETS)
def test_is_the_papers_formula_in_the_weights_of_the_file(net: str, empty_home: Path) -> None:
    model = invent_weights(net, empty_home)
    composite, image, hole = random_pictures(2, 40)
    found = LPIPS(net=net)(composite, image, hole)
    expected = by_formula(net, model, composite, image).double()
    assert found.dtype == torch.float64
    assert found.shape == (2,)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)
    assert (found > 0).all()


@pytest.mark.parametrize("net", NETS)
def test_undefined_below_the_smallest_picture_that_the_backbone_can_see(net: str, empty_home: Path) -> None:
    invent_weights(net, empty_home)
    metric, smallest = LPIPS(net=net), BACKBONES[net].smallest
    assert metric(*random_pictures(2, smallest)).isfinite().all()
    composite, image, hole = random_pictures(2, smallest - 1)
    assert metric(composite, image, hole).isnan().tolist() == [True, True]
    with pytest.raises(RuntimeError, match="too small"):
        perceptual_distance(load_network(net), composite, image)


def test_building_it_is_silent_and_leaves_the_random_state_alone(
    empty_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invent_weights("squeeze", empty_home)
    before = torch.random.get_rng_state()
    LPIPS(net="squeeze")  # a warning would be an error here
    assert torch.equal(torch.random.get_rng_state(), before)
    assert capsys.readouterr() == ("", "")


def test_the_network_is_frozen_and_evaluates(empty_home: Path) -> None:
    invent_weights("squeeze", empty_home)
    network = load_network("squeeze")
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not any(module.training for module in network.modules())
    composite, image, hole = random_pictures(1, 32)
    metric = LPIPS(net="squeeze")
    assert torch.equal(metric(composite, image, hole), metric(composite, image, hole))


def test_computes_without_tf32_and_restores_the_setting(empty_home: Path) -> None:
    invent_weights("squeeze", empty_home)
    network = load_network("squeeze")
    seen: list[bool] = []
    network.register_forward_pre_hook(lambda *_: seen.append(torch.backends.cudnn.allow_tf32))
    before = torch.backends.cudnn.allow_tf32
    perceptual_distance(network, *random_pictures(1, 32)[:2])
    assert seen == [False]
    assert torch.backends.cudnn.allow_tf32 == before


def assert_independent_of_the_batch(composite: Tensor, image: Tensor, hole: Tensor) -> None:
    """Compare the numbers of 20 images, bit by bit, over batches of several sizes; each also changes its place."""
    metric = LPIPS(net="squeeze")
    together = metric(composite, image, hole)
    assert len(set(together.tolist())) == 20
    for size in (1, 3, 5, 8, 16):
        batches = zip(*(torch.split(x, size) for x in (composite, image, hole)), strict=True)
        found = torch.cat([metric(*batch) for batch in batches])
        assert torch.equal(found, together), (size, (found - together).abs().max().item())


@pytest.mark.parametrize("side", [48, 64])
def test_an_image_does_not_depend_on_its_batch(side: int, empty_home: Path) -> None:
    invent_weights("squeeze", empty_home)
    assert_independent_of_the_batch(*random_pictures(20, side))


@pytest.mark.realdata
@pytest.mark.usefixtures("published")
def test_a_photograph_does_not_depend_on_its_batch() -> None:
    photograph = torch.from_numpy(data.astronaut()).permute(2, 0, 1) / 255
    image = torch.stack([photograph[:, 20 * k : 20 * k + 64, 20 * k : 20 * k + 64] for k in range(20)])
    composite, hole = image.clone(), torch.zeros(20, 1, 64, 64, dtype=torch.bool)
    composite[..., 20:40, 20:40], hole[..., 20:40, 20:40] = 0.5, True
    assert_independent_of_the_batch(composite, image, hole)


@pytest.mark.parametrize(("side", "count"), [(40, 16), (256, 16), (300, 11)])
def test_the_network_always_sees_equally_many_pictures_of_a_size(side: int, count: int) -> None:
    seen: list[int] = []

    class Recorder(torch.nn.Module):
        def forward(self, composite: Tensor, image: Tensor) -> Tensor:
            seen.append(len(image))
            return (composite - image).mean(dim=(1, 2, 3), keepdim=True)

    composite, image, _ = random_pictures(18, side)
    found = perceptual_distance(Recorder(), composite, image)
    expected = 2 * (composite - image).mean(dim=(1, 2, 3)).double()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert seen == [count, count]


@pytest.mark.parametrize("net", NETS)
def test_without_weights_it_says_so_within_five_seconds(net: str, empty_home: Path) -> None:
    started = time.monotonic()
    with pytest.raises(MissingWeightsError, match=BACKBONES[net].weights.filename) as caught:
        LPIPS(net=net)
    assert time.monotonic() - started < 5
    assert BACKBONES[net].weights.url in str(caught.value)
    assert str(empty_home) in str(caught.value)
    assert list(empty_home.iterdir()) == []


def damage(kind: str, path: Path) -> None:
    """Spoil a file of weights."""
    if kind == "cut short":
        path.write_bytes(path.read_bytes()[:1000])
    elif kind == "of another shape":
        content = torch.load(path, weights_only=True)
        torch.save(content | {"features.0.bias": torch.zeros(3)}, path)
    elif kind == "incomplete":
        content = torch.load(path, weights_only=True)
        del content["features.12.expand3x3.bias"]
        torch.save(content, path)
    else:
        torch.save([1, 2, 3], path)


@pytest.mark.parametrize("kind", ["cut short", "of another shape", "incomplete", "no weights"])
def test_a_damaged_file_is_never_made_up_for_by_random_weights(kind: str, empty_home: Path) -> None:
    invent_weights("squeeze", empty_home)
    path = BACKBONES["squeeze"].weights.path
    damage(kind, path)
    with pytest.raises(MissingWeightsError, match="Remove it") as caught:
        LPIPS(net="squeeze")
    assert str(path) in str(caught.value)


def test_other_linear_layers_are_refused(empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    invent_weights("squeeze", empty_home)
    monkeypatch.setattr(package, "__file__", str(tmp_path / "lpips" / "__init__.py"))
    with pytest.raises(MissingWeightsError, match=r"linear layers of LPIPS .*found absent"):
        LPIPS(net="squeeze")


def test_an_unknown_backbone_is_named() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean squeeze"):
        LPIPS(net="squeezenet")


@pytest.mark.realdata
@pytest.mark.usefixtures("published")
def test_the_documented_example_of_torchmetrics() -> None:
    torch.manual_seed(42)
    x, y = (torch.rand(10, 3, 100, 100) * 2 - 1 for _ in range(2))
    hole = torch.ones(10, 1, 100, 100, dtype=torch.bool)
    found = LPIPS(net="squeeze")((x + 1) / 2, (y + 1) / 2, hole)
    assert round(found.mean().item(), 4) == 0.1005


@pytest.mark.realdata
@pytest.mark.usefixtures("published")
def test_agrees_with_torchmetrics_and_the_package_on_photographs() -> None:
    image = torch.from_numpy(data.astronaut()[60:124, 180:308].copy()).permute(2, 0, 1) / 255
    images = torch.stack([image[..., :64], image[..., 64:]])
    composites = images.clone()
    composites[..., 20:40, 20:40] = 0.5
    found = perceptual_distance(load_network("squeeze"), composites, images)

    theirs = [  # one by one: before version 1.5 torchmetrics knows no reduction="none"
        learned_perceptual_image_patch_similarity(one[None], other[None], net_type="squeeze", normalize=True)
        for one, other in zip(composites, images, strict=True)
    ]
    torch.testing.assert_close(found, torch.stack(theirs).double(), rtol=0, atol=1e-6)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        original = package.LPIPS(net="squeeze", verbose=False)
        expected = original(composites, images, normalize=True).flatten()
    torch.testing.assert_close(found, expected.double(), rtol=0, atol=1e-7)


@pytest.mark.realdata
@pytest.mark.usefixtures("published")
def test_zero_for_identical_photographs_and_growing_with_noise() -> None:
    image = torch.from_numpy(data.chelsea()[50:178, 150:278].copy()).permute(2, 0, 1)[None] / 255
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    strengths = (0.0, 0.02, 0.05, 0.1, 0.2)
    composites = torch.cat([(image + strength * noise).clamp(0, 1) for strength in strengths])
    images = image.expand_as(composites)
    found: Any = perceptual_distance(load_network("squeeze"), composites, images).tolist()
    assert found[0] == 0
    assert found == sorted(found)
    assert found[-1] > 0.05
