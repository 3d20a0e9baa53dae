"""Reading the Matlab files in which some data sets keep pictures and lists: one variable at a time.

Unreadable files become errors with a sentence. scipy is imported when the first file is read.
"""

from pathlib import Path
from typing import Any

from inpaintbench.errors import DatasetError
from inpaintbench_datasets.official import require_file


def read_variable(name: str, path: Path, variable: str, *, squeeze: bool = False) -> Any:
    """Return one variable of a file, without reading the others.

    Args:
        name: of the data set, for messages.
        path: of the file.
        variable: its name in Matlab.
        squeeze: whether dimensions of length 1 are left out.

    Raises:
        DatasetError: if there is no such file or variable, or it cannot be read.
    """
    from scipy.io import loadmat

    try:
        found = loadmat(require_file(name, path), variable_names=[variable], squeeze_me=squeeze)
    except DatasetError:
        raise
    except Exception as error:  # on a damaged file scipy raises almost anything
        raise _unreadable(name, path, error) from error
    if variable not in found:
        raise DatasetError(f"{name}: {path} holds no variable {variable}; fetch the file anew.")
    return found[variable]


def shape_of_variable(name: str, path: Path, variable: str) -> tuple[int, ...]:
    """Return the shape of an array without reading it.

    Raises:
        DatasetError: if there is no such file or variable, or it cannot be read.
    """
    from scipy.io import whosmat

    try:
        shapes = {found: shape for found, shape, _ in whosmat(require_file(name, path))}
    except DatasetError:
        raise
    except Exception as error:
        raise _unreadable(name, path, error) from error
    if variable not in shapes:
        raise DatasetError(f"{name}: {path} holds no variable {variable}; fetch the file anew.")
    return tuple(shapes[variable])


def _unreadable(name: str, path: Path, error: Exception) -> DatasetError:
    reason = str(error).rstrip(".") or type(error).__name__
    return DatasetError(f"{name}: {path} cannot be read as a Matlab file ({reason}); fetch the file anew.")
