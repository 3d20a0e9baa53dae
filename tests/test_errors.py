from __future__ import annotations

import inspect
import pickle
import re

import pytest

from inpaintbench import errors
from inpaintbench.errors import InpaintbenchError, UnknownNameError, UsageError

CLASSES: dict[str, type[Exception]] = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == errors.__name__
}


def drawn_tree() -> dict[str, str]:
    """Read the tree in the module's docstring: each class with its parent, by the depth of its branch."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for branch, name in re.findall(r"^([│ ├└─]*)(\w+Error)", errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4
        path[depth:] = [name]
        parents[name] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    bases = {name: error.__bases__[0].__name__ for name, error in CLASSES.items()}

    assert len(bases) > 8
    assert drawn_tree() == bases


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_is_caught_as_the_packages_own_and_says_what_it_means(name: str) -> None:
    assert issubclass(CLASSES[name], InpaintbenchError)
    assert (CLASSES[name].__doc__ or "").strip().endswith(".")


def test_an_unknown_name_is_answered_with_the_near_ones_and_all_known_ones() -> None:
    error = UnknownNameError("mask", "centre_square", ["circle", "center_square", "scattered_squares"])

    assert str(error) == (
        "There is no mask called 'centre_square'. Did you mean center_square or scattered_squares? "
        "Known: center_square, circle, scattered_squares."
    )
    assert error.near == ("center_square", "scattered_squares")
    assert isinstance(error, UsageError)


def test_a_name_unlike_all_others_is_answered_with_the_known_ones_alone() -> None:
    assert str(UnknownNameError("metric", "xyz", ["psnr", "ssim"])) == (
        "There is no metric called 'xyz'. Known: psnr, ssim."
    )
    assert str(UnknownNameError("metric", "xyz", [])) == "There is no metric called 'xyz'."


def test_an_unknown_name_survives_the_way_to_another_process() -> None:
    error = UnknownNameError("mask", "circel", ["circle", "center_square"])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.near == ("circle",)
