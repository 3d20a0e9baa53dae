"""Where numbers come from: the code that made them, and the machine that ran it."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, Final

from inpaintbench.integrity import digest

NUMERIC_CORE: Final = (
    "inpaintbench.decoding",
    "inpaintbench.execution.chosen.holes",
    "inpaintbench.execution.evaluating.drawing",
    "inpaintbench.execution.evaluating.loader",
    "inpaintbench.holes",
    "inpaintbench.ops",
    "inpaintbench.parameters",
    "inpaintbench.pictures",
    "inpaintbench.prepared.parts",
    "inpaintbench.prepared.wanted",
    "inpaintbench.seeding",
)
"""Modules of the core that every number passes through, before it is scored by a protocol with a version of its own."""

_PACKAGES: Final = (
    "inpaintbench",
    "torch",
    "torchvision",
    "torchmetrics",
    "lpips",
    "numpy",
    "pillow",
    "scikit-image",
    "pandas",
)


def code_digest(target: str) -> str:
    """Return a hash of the source that `package.module:Class` runs.

    That is its module, and all that this imports, statically, from its own package. Nothing is imported to find
    it. Names count relative to the package, so that a plugin file, whose module is
    named after the folder it lies in, gives the same hash wherever it lies.

    Any change of these files is another code, were it only a comment: too many runs again are better than one
    stale number. Libraries do not count; their versions are stored with each cell.
    """
    module = target.partition(":")[0]
    parts = module.split(".")
    own = ".".join(parts[:2]) if parts[0] == "inpaintbench" else parts[0]
    sources: dict[str, str] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        if name in sources or (path := _source_of(name)) is None:
            continue
        sources[name], imported = _read(name, path, _state(path))
        pending += [other for other in imported if _is_in(other, own)]
    total = hashlib.sha256()
    for name, content in sorted((name.removeprefix(own), content) for name, content in sources.items()):
        total.update(f"{name}:{content}\n".encode())
    return total.hexdigest()


@lru_cache(maxsize=1)
def core_digest() -> str:
    """Return a hash of the source of `NUMERIC_CORE`, on which every cell depends."""
    return source_digest(NUMERIC_CORE)


def source_digest(modules: Sequence[str]) -> str:
    """Return a hash of the source of these modules, and of no other."""
    return digest([_read(name, path, _state(path))[0] for name in modules if (path := _source_of(name))])


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _source_of(module: str) -> Path | None:
    """Find a module's source file; None for what is no module (a name imported from one), or has no source."""
    parent, _, name = module.rpartition(".")
    loaded = sys.modules.get(module)
    if loaded is not None and getattr(loaded, "__file__", None):
        candidates = [Path(str(loaded.__file__))]
    elif parent:
        candidates = [
            folder / place for folder in _folders_of(parent) for place in (f"{name}/__init__.py", f"{name}.py")
        ]
    else:
        candidates = [Path(spec.origin)] if (spec := _spec_of(module)) is not None and spec.origin else []
    return next((path for path in candidates if path.suffix == ".py" and path.is_file()), None)


def _folders_of(package: str) -> list[Path]:
    """Return where a package's modules lie, without an import of its parents, as `importlib.util.find_spec` does."""
    parent, _, name = package.rpartition(".")
    if (loaded := sys.modules.get(package)) is not None:
        return [Path(folder) for folder in getattr(loaded, "__path__", ())]
    if parent:
        return [folder / name for folder in _folders_of(parent)]
    spec = _spec_of(package)
    return [Path(folder) for folder in (spec.submodule_search_locations if spec else None) or ()]


def _spec_of(package: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(package)
    except (ImportError, AttributeError, ValueError):
        return None


@lru_cache(maxsize=4096)
def _read(module: str, path: Path, state: tuple[int, int]) -> tuple[str, tuple[str, ...]]:
    """Return the hash of a source file, and what it imports: nothing, if it is no Python that can be parsed.

    `state` (time and size) makes a changed file a new entry of the cache.
    """
    content = path.read_bytes().replace(b"\r\n", b"\n")
    try:
        imported = tuple(_imports(module, path, ast.parse(content)))
    except (SyntaxError, ValueError):
        imported = ()
    return hashlib.sha256(content).hexdigest(), imported


def _imports(module: str, path: Path, tree: ast.Module) -> Iterator[str]:
    """Yield the names of modules that a file imports, and `module.name` for each name that it imports from one."""
    package = (module if path.name == "__init__.py" else module.rpartition(".")[0]).split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package[: max(0, len(package) - node.level + 1)]
                base = ".".join([*parent, base] if base else parent)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def versions() -> dict[str, str]:
    """Return the versions of Python, of the system, and of the packages that numbers can depend on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


@lru_cache(maxsize=1)
def commit() -> str:
    """Return the git commit of the checkout that this package runs from, `+changes` if it is altered; else nothing."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return ""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def environment(device: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of the machine with each cell: versions, commit, and device."""
    return {"versions": versions(), "commit": commit(), "device": dict(device)}
