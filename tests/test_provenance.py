from __future__ import annotations

import importlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench import provenance
from inpaintbench.integrity import digest
from inpaintbench.plugins import load_registry
from inpaintbench.provenance import code_digest, commit, versions

TARGET = "codepkg.sub.method:Method"
FILES = {
    "codepkg/__init__.py": "",
    "codepkg/plain.py": "import math\n",
    "codepkg/sub/__init__.py": "",
    "codepkg/sub/method.py": (
        "from __future__ import annotations\nimport os\nimport codepkg.plain\nfrom codepkg import by_name\n"
        "from . import sibling\nfrom .function import f\nfrom ..above import g as h\nfrom .inner import deep\n"
        "def late():\n    from codepkg.lazy import x\n    return x\n"
        "from inpaintbench.ops import composite\nfrom inpaintbench.decoding import decode\nclass Method: ...\n"
    ),
    "codepkg/by_name.py": "",
    "codepkg/above.py": "from codepkg import indirect\nfrom codepkg.sub import method\n",
    "codepkg/indirect.py": "",
    "codepkg/lazy.py": "x = 1\n",
    "codepkg/unrelated.py": "",
    "codepkg/sub/sibling.py": "",
    "codepkg/sub/function.py": "def f(): ...\n",
    "codepkg/sub/inner/__init__.py": "",
    "codepkg/sub/inner/deep.py": "from .. import bottom\n",
    "codepkg/sub/bottom.py": "",
    "codepkg/sub/other.py": "",
    "elsewhere.py": "",
}
USED = [
    "codepkg/__init__.py",
    "codepkg/plain.py",
    "codepkg/by_name.py",
    "codepkg/above.py",
    "codepkg/indirect.py",
    "codepkg/lazy.py",
    "codepkg/sub/__init__.py",
    "codepkg/sub/method.py",
    "codepkg/sub/sibling.py",
    "codepkg/sub/function.py",
    "codepkg/sub/inner/__init__.py",
    "codepkg/sub/inner/deep.py",
    "codepkg/sub/bottom.py",
]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package on the search path, which nothing has imported."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_a_digest_survives_json_and_knows_no_order(document: dict[str, object]) -> None:
    assert digest(document) == digest(json.loads(json.dumps(document)))
    assert digest(document) == digest(dict(reversed(document.items())))


def test_a_digest_is_that_of_the_canonical_json() -> None:
    # printf '{"a":[1,2.5,null,true],"b":"\\u00fc"}' | sha256sum
    expected = "5d6e400a849d954ef54b7deb892c43c009fb5b0b70af5cf511a8676f673ec34c"

    assert digest({"b": "ü", "a": [1, 2.5, None, True]}) == expected
    assert digest({"a": 1}) != digest({"a": 1.0})
    assert digest({"a": 1}) != digest({"a": "1"})


@pytest.mark.parametrize("name", USED)
def test_a_change_of_what_the_target_imports_is_another_code(package: Path, name: str) -> None:
    before = code_digest(TARGET)
    (package / name).write_text(FILES[name] + "# a remark\n")

    assert code_digest(TARGET) != before
    (package / name).write_text(FILES[name])
    assert code_digest(TARGET) == before


@pytest.mark.parametrize("name", sorted(set(FILES) - set(USED)))
def test_a_change_of_anything_else_is_not(package: Path, name: str) -> None:
    before = code_digest(TARGET)
    (package / name).write_text("changed = True\n")

    assert code_digest(TARGET) == before


@pytest.mark.parametrize("module", ["ops", "decoding", "parameters"])
def test_a_change_of_the_numeric_core_changes_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    loaded = importlib.import_module(f"inpaintbench.{module}")
    before = provenance.core_digest.__wrapped__()
    altered = tmp_path / f"{module}.py"
    altered.write_bytes(Path(str(loaded.__file__)).read_bytes() + b"# a remark\n")
    monkeypatch.setattr(loaded, "__file__", str(altered))

    assert provenance.core_digest.__wrapped__() != before


def test_the_numeric_core_is_there() -> None:
    assert all(provenance._source_of(name) for name in provenance.NUMERIC_CORE)


def test_nothing_is_imported_to_find_the_code(package: Path) -> None:
    (package / "codepkg/plain.py").write_text("raise RuntimeError('imported')\n")
    (package / "codepkg/__init__.py").write_text("raise RuntimeError('imported')\n")
    before = set(sys.modules)

    code_digest(TARGET)
    assert not [name for name in set(sys.modules) - before if name.startswith("codepkg")]


def test_an_imported_package_has_the_same_digest(package: Path) -> None:
    (package / "codepkg/sub/method.py").write_text(
        "from . import sibling\nfrom .function import f\nclass Method: ...\n"
    )
    before = code_digest(TARGET)
    importlib.import_module("codepkg.sub.method")

    assert code_digest(TARGET) == before


def test_line_ends_do_not_count(package: Path) -> None:
    before = code_digest(TARGET)
    for name, text in FILES.items():
        (package / name).write_bytes(text.replace("\n", "\r\n").encode())

    assert code_digest(TARGET) == before


def test_a_plugin_file_has_one_digest_wherever_it_lies(tmp_path: Path) -> None:
    source = (
        "from inpaintbench import hookimpl\nfrom inpaintbench.api import MethodSpec\nclass Fill: ...\n@hookimpl\n"
        "def register_methods():\n    return [MethodSpec(name='moved', target=__name__ + ':Fill', summary='')]\n"
    )

    def digest_in(folder: str, text: str) -> str:
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / "mine.py"
        path.write_text(text)
        return code_digest(load_registry([str(path)]).get("method", "moved").spec.target)

    assert digest_in("here", source) == digest_in("there", source)
    assert digest_in("here", source) != digest_in("there", source + "# a remark\n")


def test_different_modules_of_equal_content_are_different_code(package: Path) -> None:
    (package / "codepkg/sub/sibling.py").write_text("class Method: ...\n")
    (package / "codepkg/sub/other.py").write_text("class Method: ...\n")

    assert code_digest("codepkg.sub.sibling:Method") != code_digest("codepkg.sub.other:Method")


@pytest.mark.parametrize("source", ["def f(:\n", "\0", "from ..... import far\n", "from . import *\n", "import\n"])
def test_a_helper_that_cannot_be_parsed_counts_by_its_content(package: Path, source: str) -> None:
    before = code_digest(TARGET)
    (package / "codepkg/sub/function.py").write_text(source)

    assert code_digest(TARGET) != before


@pytest.mark.parametrize("target", ["absent_module:X", "codepkg.absent:X", "codepkg.plain.x:X", "math:sin", "sys:path"])
def test_a_target_without_source_is_no_error(package: Path, target: str) -> None:
    assert len(code_digest(target)) == 64


def test_namespace_packages_and_archives_are_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "namespacepkg/inner").mkdir(parents=True)
    module = tmp_path / "namespacepkg/inner/module.py"
    module.write_text("class X: ...\n")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("zippedpkg/__init__.py", "")
        archive.writestr("zippedpkg/module.py", "class X: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "archive.zip")

    before = code_digest("namespacepkg.inner.module:X")
    module.write_text("class X: changed = True\n")
    assert code_digest("namespacepkg.inner.module:X") != before
    assert len(code_digest("zippedpkg.module:X")) == 64


def test_the_bundled_targets_have_a_source() -> None:
    nothing = code_digest("absent_module:X")
    registry = load_registry()

    for kind in registry.entries:
        for entry in registry.of(kind).values():
            assert code_digest(entry.spec.target) != nothing


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that the package seems to run from."""
    (tmp_path / "inpaintbench").mkdir()
    (tmp_path / "inpaintbench/provenance.py").write_text("")
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "inpaintbench/provenance.py"))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    commit.cache_clear()
    yield tmp_path
    commit.cache_clear()


def test_the_commit_of_a_checkout_says_whether_it_is_altered(checkout: Path) -> None:
    git(checkout, "init", "--quiet")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "-m", "first")
    head = git(checkout, "rev-parse", "HEAD")

    assert commit() == head
    commit.cache_clear()
    (checkout / "notes.txt").touch()
    assert commit() == head
    commit.cache_clear()
    (checkout / "inpaintbench/provenance.py").write_text("changed")
    assert commit() == f"{head}+changes"


def test_there_is_no_commit_outside_a_checkout_or_in_one_that_is_empty_or_broken(checkout: Path) -> None:
    assert commit() == ""
    commit.cache_clear()
    git(checkout, "init", "--quiet")
    assert commit() == ""
    commit.cache_clear()
    (checkout / ".git/HEAD").unlink()
    assert commit() == ""


def test_there_is_no_commit_without_git(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".git").mkdir()
    monkeypatch.setenv("PATH", "")

    assert commit() == ""


def test_versions_name_all_that_numbers_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_PACKAGES", ("numpy", "no-such-distribution"))

    import numpy as np

    found = versions()
    assert found["numpy"] == np.__version__
    assert found["no-such-distribution"] == "not installed"
    assert found["python"].split(".")[:2] == [str(sys.version_info.major), str(sys.version_info.minor)]


def test_the_environment_is_json() -> None:
    document = provenance.environment({"type": "cpu"})

    assert json.loads(json.dumps(document)) == document
    assert document["device"] == {"type": "cpu"}
