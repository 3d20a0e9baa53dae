from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaintbench.api import Batch
from inpaintbench.errors import PluginError

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: pip install 'inpaintbench[opencv]'")
ALGORITHMS = ["telea", "ns", "shiftmap", "fsr_fast"]
contributed = pytest.mark.skipif(not hasattr(cv2, "xphoto"), reason="this OpenCV has no contributed modules")
every_algorithm = pytest.mark.parametrize(
    "algorithm", [name if name in ("telea", "ns") else pytest.param(name, marks=contributed) for name in ALGORITHMS]
)


def _as_a_person_would(algorithm: str, image: Tensor, hole: Tensor) -> Tensor:
    """Write the picture as a file holds it, let OpenCV read, fill and write it, and read that."""
    found = []
    for one, missing in zip(image.masked_fill(hole, 0), hole, strict=True):
        rgb = (one * 255).round().byte().permute(1, 2, 0).numpy()
        bgr = cv2.imdecode(cv2.imencode(".png", rgb[..., ::-1].copy())[1], cv2.IMREAD_COLOR)
        mask = missing[0].numpy()
        if algorithm in ("telea", "ns"):
            how = cv2.INPAINT_TELEA if algorithm == "telea" else cv2.INPAINT_NS
            filled = cv2.inpaint(bgr, mask.astype(np.uint8) * 255, 5, how)
        else:
            filled = np.zeros_like(bgr)
            cv2.xphoto.inpaint(bgr, (~mask).astype(np.uint8) * 255, filled, cv2.xphoto.INPAINT_FSR_FAST)
        found.append(torch.from_numpy(filled[..., ::-1].copy()).permute(2, 0, 1).float() / 255)
    return torch.where(hole, torch.stack(found), image)


@pytest.mark.parametrize("algorithm", ["telea", "ns", pytest.param("fsr_fast", marks=contributed)])
def test_it_gives_the_levels_that_opencv_gives(
    algorithm: str, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: tuple[Tensor, Tensor]
) -> None:
    image, hole = pictures
    found = completed(build(f"opencv[algorithm={algorithm}]"), image, hole)
    assert torch.equal(found, _as_a_person_would(algorithm, image, hole))


@every_algorithm
def test_each_continues_a_constant_colour(
    algorithm: str, build: Callable[[str], Any], completed: Callable[..., Tensor]
) -> None:
    colour = torch.tensor([200, 90, 30]).reshape(1, 3, 1, 1) / 255  # with channels in another order it would be seen
    image = colour.expand(1, 3, 48, 48).contiguous()
    hole = torch.zeros(1, 1, 48, 48, dtype=torch.bool)
    hole[..., 16:30, 18:32] = True
    found = completed(build(f"opencv[algorithm={algorithm}]"), image, hole)
    assert (found - image).abs().max() <= 3.5 / 255  # levels of Lab are coarser than those of RGB


@every_algorithm
def test_an_image_does_not_depend_on_its_batch(
    algorithm: str, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: tuple[Tensor, Tensor]
) -> None:
    image, hole = pictures
    method = build(f"opencv[algorithm={algorithm}]")
    together = completed(method, image, hole)
    for number in (2, 0, 1):
        assert torch.equal(completed(method, image[[number]], hole[[number]])[0], together[number])


@every_algorithm
@pytest.mark.parametrize(("missing", "expected"), [(True, 128 / 255), (False, None)])
def test_full_and_empty_holes(
    algorithm: str,
    missing: bool,
    expected: float | None,
    build: Callable[[str], Any],
    pictures: tuple[Tensor, Tensor],
) -> None:
    image, hole = pictures
    hole = torch.full_like(hole, missing)
    batch = Batch(image.masked_fill(hole, 0), hole, (1, 2, 3))
    found = build(f"opencv[algorithm={algorithm}]").complete(batch).image
    assert torch.equal(found, image if expected is None else torch.full_like(image, expected))


@contributed
def test_what_shift_map_leaves_gets_the_mean_colour_and_is_counted(build: Callable[[str], Any]) -> None:
    noise = torch.randint(1, 255, (1, 3, 4, 4), generator=torch.Generator().manual_seed(0)) / 255
    hole = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    hole[..., :3, :3] = True
    made = build("opencv[algorithm=shiftmap]").complete(Batch(noise.masked_fill(hole, 0), hole, (0,)))
    assert made.diagnostics["unfilled"].tolist() == [9]
    expected = (noise[0, :, ~hole[0, 0]].mean(dim=1) * 255).round() / 255
    assert torch.allclose(made.image[0, :, :3, :3], expected[:, None, None].expand(3, 3, 3))


@every_algorithm
def test_the_number_of_threads_is_put_back(
    algorithm: str, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: tuple[Tensor, Tensor]
) -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        completed(build(f"opencv[algorithm={algorithm}]"), *pictures)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


def test_the_radius_counts(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: tuple[Tensor, Tensor]
) -> None:
    near, far = (completed(build(f"opencv[algorithm=telea,radius={radius}]"), *pictures) for radius in (1, 9))
    assert not torch.equal(near, far)


def test_an_opencv_without_contributed_modules_says_what_to_install(
    build: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(cv2, "xphoto", raising=False)
    assert build("opencv[algorithm=telea]")
    with pytest.raises(
        PluginError, match=r"algorithm=shiftmap\] needs .* xphoto.*pip install 'inpaintbench\[opencv\]'"
    ):
        build("opencv[algorithm=shiftmap]")
