"""What a method may return, and that it leaves its input alone."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from inpaintbench.api import Batch, Completion
from inpaintbench.errors import InvalidOutputError
from inpaintbench.execution.evaluating.contract import check, snapshot


@pytest.fixture
def batch() -> Batch:
    """Return two images of 4×5 pixels: in the first, three pixels are missing, in the second, one."""
    image = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(2, 1, 4, 5, dtype=torch.bool)
    hole[0, 0, 1, 1:4] = True
    hole[1, 0, 3, 4] = True
    return Batch(image.masked_fill(hole, 0.0), hole, (7, 8))


def fill(batch: Batch, value: float = 0.5) -> Tensor:
    return torch.full_like(batch.corrupted, value)


def test_a_tensor_and_a_completion_are_the_same(batch: Batch) -> None:
    bare = check(fill(batch), batch, snapshot(batch))
    wrapped = check(Completion(fill(batch)), batch, snapshot(batch))

    assert torch.equal(bare.image, wrapped.image)
    assert (bare.converged, bare.diagnostics) == (wrapped.converged, wrapped.diagnostics) == (None, {})


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_floating_point_becomes_float32(batch: Batch, dtype: torch.dtype) -> None:
    checked = check(fill(batch, 0.25).to(dtype), batch, snapshot(batch))

    assert checked.image.dtype == torch.float32
    assert set(checked.image[batch.hole.expand_as(checked.image)].tolist()) == {0.25}


class Sticky(Tensor):
    """Answers with itself when it is to be composited."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        returned = super().__torch_function__(func, types, args, kwargs or {})
        return args[0].as_subclass(Tensor) if func is Tensor.masked_fill else returned


def test_a_tensor_of_another_class_cannot_answer_for_itself(batch: Batch) -> None:
    checked = check(fill(batch).as_subclass(Sticky), batch, snapshot(batch))

    assert type(checked.image) is Tensor
    assert torch.equal(checked.image, check(fill(batch), batch, snapshot(batch)).image)


def test_a_gradient_is_left_behind(batch: Batch) -> None:
    assert not check(fill(batch).requires_grad_(), batch, snapshot(batch)).image.requires_grad


def test_values_outside_the_range_are_clamped_and_counted_inside_the_hole_alone(batch: Batch) -> None:
    completion = fill(batch, 2.0)  # too bright everywhere: 3 missing pixels × 3 channels, and 1 × 3
    completion[0, 0, 1, 1] = 1.0  # allowed
    completion[1, 2, 3, 4] = -0.001

    checked = check(completion, batch, snapshot(batch))

    assert checked.clamped.tolist() == [8, 3]
    assert checked.image[0, :, 1, 2].tolist() == [1.0, 1.0, 1.0]
    assert checked.image[1, :, 3, 4].tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_what_is_not_finite_inside_the_hole_is_refused(batch: Batch, value: float) -> None:
    completion = fill(batch)
    completion[1, 0, 3, 4] = value

    with pytest.raises(InvalidOutputError, match=r"NaN or infinity inside the hole of 1 of 2 images"):
        check(completion, batch, snapshot(batch))


def test_what_is_not_finite_outside_the_hole_does_not_matter(batch: Batch) -> None:
    completion = torch.where(batch.hole, 0.5, torch.nan).expand_as(batch.corrupted)

    checked = check(completion, batch, snapshot(batch))

    assert torch.isfinite(checked.image).all()
    assert checked.clamped.tolist() == [0, 0]


def test_a_number_too_large_for_float32_is_refused(batch: Batch) -> None:
    with pytest.raises(InvalidOutputError, match=r"NaN or infinity inside the hole of 2 of 2"):
        check(fill(batch).double() * 1e300, batch, snapshot(batch))


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda batch: fill(batch)[:1], r"image of shape \(1, 3, 4, 5\); expected .* \(2, 3, 4, 5\)"),
        (lambda batch: fill(batch)[:, :1], r"image of shape \(2, 1, 4, 5\)"),
        (lambda batch: fill(batch).transpose(2, 3), r"image of shape \(2, 3, 5, 4\)"),
        (lambda batch: fill(batch)[0], r"image of shape \(3, 4, 5\)"),
        (lambda batch: torch.tensor(0.5), r"image of shape \(\)"),
        (lambda batch: Completion([0.5]), r"image of type list"),  # type: ignore[arg-type]
        (lambda batch: (fill(batch) * 255).to(torch.uint8), r"returned torch.uint8; expected floating point"),
        (lambda batch: fill(batch).bool(), r"returned torch.bool"),
        (lambda batch: fill(batch).to(torch.complex64), r"returned torch.complex64"),
        (lambda batch: fill(batch).to("meta"), r"a tensor on meta; expected cpu"),
        (lambda batch: None, r"returned NoneType; expected a tensor or an inpaintbench.api.Completion"),
        (lambda batch: list(fill(batch)), r"returned list"),
        (lambda batch: fill(batch).numpy(), r"returned ndarray"),
        (lambda batch: (fill(batch), None), r"returned tuple"),
    ],
)
def test_anything_else_is_refused(batch: Batch, returned: Callable[[Batch], object], message: str) -> None:
    with pytest.raises(InvalidOutputError, match=message):
        check(returned(batch), batch, snapshot(batch))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda batch: batch.corrupted.add_(1e-3), "corrupted"),
        (lambda batch: batch.corrupted[0, 0, 0].zero_(), "corrupted"),
        (lambda batch: batch.corrupted.masked_fill_(batch.hole, 0.5), "corrupted"),
        (lambda batch: batch.corrupted.resize_(1, 3, 4, 5), "corrupted"),
        (lambda batch: setattr(batch.corrupted, "data", batch.corrupted.double()), "corrupted"),  # equal numbers
        (lambda batch: batch.hole.logical_not_(), "hole"),
        (lambda batch: batch.hole[1].fill_(False), "hole"),
        (lambda batch: batch.hole.unsqueeze_(0), "hole"),
    ],
)
def test_writing_into_the_input_is_refused(batch: Batch, change: Callable[[Batch], object], name: str) -> None:
    given = snapshot(batch)
    completion = fill(batch)
    change(batch)

    with pytest.raises(InvalidOutputError, match=rf"wrote into batch\.{name}; it must work on a copy"):
        check(completion, batch, given)


def test_returning_the_input_itself_is_allowed(batch: Batch) -> None:
    assert not check(batch.corrupted, batch, snapshot(batch)).image.any()


def test_what_a_method_says_of_each_image_is_kept(batch: Batch) -> None:
    said = Completion(fill(batch), torch.tensor([True, False]), {"gap": torch.tensor([1e-5, 2e-3])})

    checked = check(said, batch, snapshot(batch))

    assert checked.converged is not None
    assert checked.converged.tolist() == [True, False]
    assert checked.diagnostics["gap"].tolist() == pytest.approx([1e-5, 2e-3])


@pytest.mark.parametrize(
    ("converged", "gap", "message"),
    [
        (torch.tensor([True]), torch.zeros(2), r"converged is torch.bool \(1,\); expected .* an image, \(2,\)"),
        (torch.tensor(True), torch.zeros(2), r"converged is torch.bool \(\)"),
        (True, torch.zeros(2), r"converged is bool"),
        (None, torch.zeros(2, 1), r"gap is torch.float32 \(2, 1\)"),
        (None, [0.0, 0.0], r"gap is list"),
        (None, 0.0, r"gap is float"),
        (None, torch.zeros(2, dtype=torch.complex64), r"gap is torch.complex64"),
    ],
)
def test_what_a_method_says_must_be_one_number_an_image(
    batch: Batch, converged: Tensor | None, gap: Tensor, message: str
) -> None:
    with pytest.raises(InvalidOutputError, match=message):
        check(Completion(fill(batch), converged, {"gap": gap}), batch, snapshot(batch))
