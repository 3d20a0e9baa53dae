"""Scoring protocol 1: what is registered, that specs and classes agree, and numbers recomputed from saved files."""

import inspect
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from skimage import data

from inpaintbench.api import Metric, MetricSpec
from inpaintbench.metrics import PROTOCOL, register_metrics
from inpaintbench.metrics.backbones import BACKBONES, required_weights
from inpaintbench.ops import composite as composite_of
from inpaintbench.ops import round_to_8_bits

SPECS = {spec.name: spec for spec in register_metrics() if spec.default}
DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"
WITHOUT_WEIGHTS = [spec for spec in SPECS.values() if not spec.requires]


def resolve(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def build(spec: MetricSpec) -> Metric:
    metric: Metric = resolve(spec.target)()
    return metric


def test_the_columns_of_protocol_1() -> None:
    assert PROTOCOL == 1
    assert list(SPECS) == ["psnr", "ssim", "lpips", "l1", "psnr_hole", "l1_hole"]
    assert [name for name, spec in SPECS.items() if spec.ranked] == ["psnr", "ssim", "lpips"]
    assert {name: spec.unit for name, spec in SPECS.items()} == {
        "psnr": "dB",
        "ssim": "",
        "lpips": "",
        "l1": "%",
        "psnr_hole": "dB",
        "l1_hole": "%",
    }


def test_the_backbone_is_part_of_the_name() -> None:
    (net,) = SPECS["lpips"].parameters
    assert net.always_shown
    assert net.default == "squeeze"
    assert set(net.choices) == set(BACKBONES)
    assert SPECS["lpips"].label.format(net="alex") == "LPIPS (alex)"
    for name, backbone in BACKBONES.items():
        assert f"{backbone.smallest} ({name})" in SPECS["lpips"].notes


@pytest.mark.parametrize("net", BACKBONES)
def test_each_backbone_needs_one_file_that_torchvision_publishes(net: str) -> None:
    (file,) = resolve(SPECS["lpips"].requires)(net=net)
    assert (file,) == required_weights(net)
    from torchvision.models import AlexNet_Weights, SqueezeNet1_1_Weights, VGG16_Weights

    theirs = {"alex": AlexNet_Weights, "vgg": VGG16_Weights, "squeeze": SqueezeNet1_1_Weights}[net].IMAGENET1K_V1
    assert file.url == theirs.url
    assert file.filename == file.url.rpartition("/")[2]
    assert file.filename.endswith(f"-{file.sha256}.pth")
    assert file.megabytes == pytest.approx(theirs.meta["_file_size"] * 1.048576, abs=0.5)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_specs_parameters_are_the_keywords_of_its_class(spec: MetricSpec) -> None:
    keywords = inspect.signature(resolve(spec.target)).parameters
    assert {parameter.name: parameter.default for parameter in spec.parameters} == {
        name: keyword.default for name, keyword in keywords.items()
    }


def test_listing_the_metrics_imports_nothing_heavy() -> None:
    code = (
        "import sys, inpaintbench.metrics, inpaintbench.metrics.backbones\n"
        "print(sorted({'torch', 'numpy', 'lpips', 'torchvision', 'torchmetrics', 'skimage'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout.strip() == "[]"


def photograph() -> torch.Tensor:
    return torch.from_numpy(data.astronaut()[60:124, 180:244].copy()).permute(2, 0, 1)[None] / 255


@pytest.mark.parametrize("spec", WITHOUT_WEIGHTS, ids=lambda spec: spec.name)
def test_more_noise_in_the_hole_is_worse_in_the_declared_direction(spec: MetricSpec) -> None:
    image = photograph()
    hole = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    hole[..., 22:42, 22:42] = True
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    metric = build(spec)
    scores = []
    for strength in (0.0, 0.01, 0.03, 0.1, 0.3, 1.0):
        completion = round_to_8_bits((image + strength * noise).clamp(0, 1))
        scores.append(metric(composite_of(completion, image, hole), image, hole).item())
    assert len(set(scores)) == len(scores)
    assert scores == sorted(scores, reverse=spec.higher_is_better)
    assert scores[0] == {"psnr": 100, "psnr_hole": 100, "ssim": 1, "l1": 0, "l1_hole": 0}[spec.name]


@pytest.mark.parametrize("spec", WITHOUT_WEIGHTS, ids=lambda spec: spec.name)
def test_what_a_method_does_outside_the_hole_does_not_count(spec: MetricSpec) -> None:
    image, hole = photograph(), torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    hole[..., :20, 10:30] = True
    tidy = torch.full_like(image, 0.4)
    untidy = torch.where(hole, tidy, torch.zeros_like(tidy))
    scores = [
        build(spec)(round_to_8_bits(composite_of(completion, image, hole)), image, hole)
        for completion in (tidy, untidy)
    ]
    assert torch.equal(*scores)


def test_a_mean_over_images_is_a_mean_of_decibels() -> None:
    image = torch.zeros(2, 3, 16, 16)
    composite = torch.stack([torch.full((3, 16, 16), 51 / 255), torch.full((3, 16, 16), 1.0)])
    scores = build(SPECS["psnr"])(composite, image, torch.ones(2, 1, 16, 16, dtype=torch.bool))
    assert scores.tolist() == pytest.approx([13.979400086720377, 0.0], abs=1e-12)
    assert scores.mean().item() == pytest.approx(6.989700043360188)  # pooling the errors would give 2.84 dB


def test_the_documents_recipe_recomputes_the_numbers_from_saved_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = photograph()
    hole = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    hole[..., 22:42, 22:42] = True
    completion = torch.rand(image.shape, generator=torch.Generator().manual_seed(5))
    scored = round_to_8_bits(composite_of(completion, image, hole))
    for name, picture in (("composite", scored), ("image", image), ("hole", hole.expand(-1, 3, -1, -1))):
        pixels = (picture[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")

    recipe = DOCUMENT.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    expected: dict[str, Any] = {}
    exec(recipe, expected)
    for spec in WITHOUT_WEIGHTS:
        tolerance = 1e-6 if spec.name == "ssim" else 1e-9  # SSIM sees the levels as 32-bit floats
        assert build(spec)(scored, image, hole).item() == pytest.approx(expected[spec.name], abs=tolerance)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_the_document_describes_each_metric_as_declared(spec: MetricSpec) -> None:
    selector = "lpips[net=squeeze]" if spec.name == "lpips" else spec.name
    (row,) = (
        line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{selector}` |")
    )
    _, unit, better, region, ranked, _ = (cell.strip() for cell in row.strip("|").split("|"))
    assert unit == (spec.unit or "–")
    assert better == ("higher" if spec.higher_is_better else "lower")
    assert region == ("hole" if spec.name.endswith("_hole") else "image")
    assert ranked == ("yes" if spec.ranked else "no")
