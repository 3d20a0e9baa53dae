"""Variables of Matlab files: what is read, and what is said of a file that cannot be."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from inpaintbench.errors import DatasetError
from inpaintbench_datasets.matlab import read_variable, shape_of_variable


def test_one_variable_is_read(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"X": np.arange(6).reshape(1, 2, 3), "y": [[7]]})
    assert shape_of_variable("set", tmp_path / "a.mat", "X") == (1, 2, 3)
    assert np.array_equal(read_variable("set", tmp_path / "a.mat", "X"), np.arange(6).reshape(1, 2, 3))
    assert np.array_equal(read_variable("set", tmp_path / "a.mat", "X", squeeze=True), np.arange(6).reshape(2, 3))


@pytest.mark.parametrize("read", [read_variable, shape_of_variable])
def test_what_cannot_be_read_is_said(tmp_path: Path, read: object) -> None:
    assert callable(read)
    with pytest.raises(DatasetError, match=r"set lacks .*a\.mat"):
        read("set", tmp_path / "a.mat", "X")
    (tmp_path / "a.mat").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"set: .*a\.mat cannot be read as a Matlab file \("):
        read("set", tmp_path / "a.mat", "X")
    savemat(tmp_path / "a.mat", {"y": [[7]]})
    with pytest.raises(DatasetError, match=r"a\.mat holds no variable X; fetch the file anew"):
        read("set", tmp_path / "a.mat", "X")
