from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inpaintbench import hookspecs, plugins
from inpaintbench.api import PluginKind
from inpaintbench.errors import PluginError, UnknownNameError
from inpaintbench.plugins import Observer, PluginSource, Registry, load_registry

HEAD = "from inpaintbench import hookimpl\nfrom inpaintbench.api import MaskSpec, MethodSpec\n"


def method(name: str, hook: str = "register_methods") -> str:
    """Return a plugin's source that brings one method."""
    return (
        f"{HEAD}class Fill:\n    pass\n"
        f"@hookimpl\ndef {hook}():\n    return [MethodSpec(name={name!r}, target=__name__ + ':Fill', summary='')]\n"
    )


BROKEN = {
    "import_error": (
        "import absent_library\n",
        r"ModuleNotFoundError: No module named 'absent_library' \(.*, line 1\)",
    ),
    "syntax_error": ("x = 1\ndef f(:\n", r"line 2: invalid syntax"),
    "exits": ("raise SystemExit(3)\n", r"SystemExit: 3"),
    "raising_hook": (
        f"{HEAD}@hookimpl\ndef register_methods():\n    raise ValueError('no luck')\n",
        r"register_methods raised ValueError: no luck \(.*, line 5\)",
    ),
    "raising_generator": (
        f"{HEAD}@hookimpl\ndef register_masks():\n    yield from [1 / 0]\n",
        "register_masks raised ZeroDivisionError",
    ),
    "misspelt_hook": (method("m", hook="register_method"), "a hook that does not exist.*register_method.*Known"),
    "unknown_argument": (
        f"{HEAD}@hookimpl\ndef register_methods(registry):\n    return []\n",
        "with arguments that it does not have.*registry",
    ),
    "unknown_argument_of_an_event": (
        f"{HEAD}@hookimpl\ndef on_cell_finished(score):\n    pass\n",
        r"arguments that it does not have.*score.*Known: register_methods\(\), .*on_cell_finished\(record, folder\)",
    ),
    "generator_event": (
        f"{HEAD}@hookimpl\ndef on_cell_finished(record):\n    yield record\n",
        "on_cell_finished is a generator or asynchronous, and would never run. Expected a plain function",
    ),
    "wrapper_event": (
        f"{HEAD}@hookimpl(wrapper=True)\ndef on_run_finished():\n    return (yield)\n",
        "on_run_finished is a generator or asynchronous",
    ),
    "asynchronous_event": (
        f"{HEAD}@hookimpl\nasync def on_run_finished():\n    pass\n",
        "on_run_finished is a generator or asynchronous",
    ),
    "forgotten_hookimpl": (f"{HEAD}def register_methods():\n    return []\n", "registers nothing.*hookimpl"),
    "nothing": ("x = 1\n", "registers nothing. Expected at least one function called register_methods"),
    "empty_list": (f"{HEAD}@hookimpl\ndef register_methods():\n    return []\n", "registers nothing"),
    "text": (
        f"{HEAD}@hookimpl\ndef register_methods():\n    return ['tv']\n",
        "returned 'tv'; expected a list of MethodSp",
    ),
    "none": (f"{HEAD}@hookimpl\ndef register_methods():\n    pass\n", "returned None; expected a list of MethodSpec"),
    "wrong_kind": (
        f"{HEAD}@hookimpl\ndef register_masks():\n    return [MethodSpec(name='m', target='a:B', summary='')]\n",
        "register_masks returned MethodSpec.*expected a list of MaskSpec",
    ),
    "bad_target": (
        f"{HEAD}@hookimpl\ndef register_masks():\n    return [MaskSpec(name='m', target='a.B', summary='')]\n",
        "register_masks raised PluginError: mask m: 'a.B' is no target.*bad_target.py, line 5",
    ),
}


@pytest.fixture(autouse=True)
def _few_bundled_and_no_residue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bundle the masks alone, make `tmp_path` a folder of installed packages, and forget what is imported from it."""
    monkeypatch.setattr(plugins, "BUNDLED", ("inpaintbench_masks",))
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


def install(
    folder: Path, name: str, source: str, distribution: str = "", version: str = "1.0", target: str = ""
) -> None:
    """Put a distribution with one module and one entry point into a folder, as pip does."""
    distribution = distribution or f"{name}-dist"
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[inpaintbench]\n{name} = {target or name}\n")


def brought(registry: Registry, kind: PluginKind = "method") -> dict[str, str]:
    return {name: str(entry.source) for name, entry in registry.of(kind).items()}


def problems(registry: Registry) -> dict[str, str]:
    return {str(problem.source): problem.message for problem in registry.problems}


def test_the_bundled_plugins_load_through_the_public_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    registry = load_registry()

    expected: list[tuple[PluginKind, str, str]] = [
        ("method", "tv", "inpaintbench_methods"),
        ("dataset", "photos", "inpaintbench_datasets"),
        ("mask", "center_square", "inpaintbench_masks"),
        ("metric", "psnr", "inpaintbench.metrics"),
    ]
    for kind, name, module in expected:
        assert str(registry.get(kind, name).source) == f"{module} (bundled with inpaintbench)"


def test_a_failure_of_a_bundled_package_propagates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundled_package.py").write_text("1 / 0")
    monkeypatch.setattr(plugins, "BUNDLED", ("bundled_package",))

    with pytest.raises(ZeroDivisionError):
        load_registry()


def test_an_installed_plugin_is_attributed_to_its_distribution(tmp_path: Path) -> None:
    install(tmp_path, "outside", method("outside_fill"), distribution="outside-plugin", version="2.1")
    registry = load_registry()

    assert brought(registry)["outside_fill"] == "outside (outside-plugin 2.1)"
    assert registry.get("method", "outside_fill").spec.target == "outside:Fill"
    assert "outside (outside-plugin 2.1)" not in problems(registry)


def test_an_entry_point_may_name_an_object_with_hooks(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Plugin:\n    @hookimpl\n    def register_methods(self):\n"
        "        return (MethodSpec(name=name, target='a:B', summary='') for name in ('first', 'second'))\n"
        "plugin = Plugin()\n"
    )
    install(tmp_path, "with_object", source, target="with_object:plugin")

    assert list(brought(load_registry())) == ["first", "second"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_installed_plugin_is_reported_and_harms_nothing(tmp_path: Path, name: str) -> None:
    source, message = BROKEN[name]
    install(tmp_path, "a_good", method("before"))
    install(tmp_path, f"broken_{name}", source)
    install(tmp_path, "z_good", method("after"))
    registry = load_registry()

    assert list(brought(registry)) == ["before", "after"]
    assert list(problems(registry)) == [f"broken_{name} (broken_{name}-dist 1.0)"]
    with pytest.raises(PluginError, match=message):
        raise PluginError(registry.problems[0].message)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_given_plugin_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    source, message = BROKEN[name]
    path = tmp_path / f"{name}.py"
    path.write_text(source, encoding="utf-8")

    with pytest.raises(PluginError, match=f"{name}.*(?s:{message})"):
        load_registry([str(path)])


def test_an_entry_point_to_nothing_is_reported(tmp_path: Path) -> None:
    install(tmp_path, "hollow", method("m"), target="hollow:absent")

    assert "AttributeError" in problems(load_registry())["hollow (hollow-dist 1.0)"]


def test_a_name_that_is_taken_names_both_plugins_and_adds_nothing(tmp_path: Path) -> None:
    both = method("own") + "    + [MethodSpec(name='shared', target='a:B', summary='')]\n"
    both = both.replace("]\n    +", "] +")
    install(tmp_path, "a_first", method("shared"))
    install(tmp_path, "b_second", both)
    registry = load_registry()

    assert brought(registry) == {"shared": "a_first (a_first-dist 1.0)"}
    message = problems(registry)["b_second (b_second-dist 1.0)"]
    assert (
        "The method 'shared' is brought by a_first (a_first-dist 1.0) already; b_second (b_second-dist 1.0)" in message
    )


def test_a_plugin_that_brings_one_name_twice_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "twice.py").write_text(method("m").replace("return [", "return 2 * ["))

    with pytest.raises(PluginError, match=r"The method 'm' is brought by .*twice.* already"):
        load_registry([str(tmp_path / "twice.py")])


def test_one_name_may_stand_for_two_kinds(tmp_path: Path) -> None:
    source = method("circle")  # the bundled masks hold a circle
    (tmp_path / "kinds.py").write_text(source)

    assert "circle" in brought(load_registry([str(tmp_path / "kinds.py")]))


def test_the_order_depends_on_names_alone(tmp_path: Path) -> None:
    for name in ("c", "a", "b"):
        install(tmp_path, f"order_{name}", method(f"method_{name}"))

    assert list(brought(load_registry())) == ["method_a", "method_b", "method_c"]


def test_two_distributions_may_call_their_entry_points_alike(tmp_path: Path) -> None:
    install(tmp_path, "alike", method("of_b"), distribution="b-dist")
    (tmp_path / "alike_too.py").write_text(method("of_a"))
    info = tmp_path / "a_dist-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a-dist\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[inpaintbench]\nalike = alike_too\n")

    assert brought(load_registry()) == {"of_a": "alike (a-dist 1.0)", "of_b": "alike (b-dist 1.0)"}


def test_a_file_and_a_module_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-file v2.py").write_text(method("from_file"))
    (tmp_path / "some_module").mkdir()  # a package of this name in the current folder is a module, not a file
    (tmp_path / "some_module" / "__init__.py").write_text(method("from_module"))
    registry = load_registry(["my-file v2.py", "some_module"])

    assert brought(registry)["from_module"] == "some_module"
    assert brought(registry)["from_file"].endswith(" (my-file v2.py)")
    target = registry.get("method", "from_file").spec.target
    assert sys.modules[target.partition(":")[0]].Fill


def test_a_plugin_given_twice_or_installed_besides_counts_once(tmp_path: Path) -> None:
    install(tmp_path, "besides", method("m"))
    (tmp_path / "twice.py").write_text(method("n"))
    registry = load_registry(["besides", str(tmp_path / "twice.py"), str(tmp_path / ".." / tmp_path.name / "twice.py")])

    assert list(brought(registry)) == ["m", "n"]
    assert brought(registry)["m"] == "besides (besides-dist 1.0)"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.py", "The plugin absent.py cannot be imported: FileNotFoundError: .*absent.py is no file"),
        ("absent_module", "The plugin absent_module cannot be imported: .*No module named 'absent_module'$"),
        ("notes.txt", "The plugin notes.txt cannot be imported: ImportError: .*notes.txt is no Python file"),
        ("", "The plugin  cannot be imported: ValueError"),
        (".relative", r"The plugin \.relative cannot be imported: TypeError"),
    ],
)
def test_what_is_no_plugin_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("some notes")

    with pytest.raises(PluginError, match=message):
        load_registry([name])


def test_a_syntax_error_names_the_file_that_it_is_in(tmp_path: Path) -> None:
    (tmp_path / "part_of_it.py").write_text("x = 1\ny = (\n")
    (tmp_path / "whole.py").write_text("import part_of_it\n")

    with pytest.raises(
        PluginError, match=r"whole.py cannot be imported: .*part_of_it.py, line 2: '\(' was never closed"
    ):
        load_registry([str(tmp_path / "whole.py")])


def test_a_file_has_one_module_name_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(method("m"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.py").write_text(method("m"))

    def target(given: str) -> str:
        return load_registry([given]).get("method", "m").spec.target

    assert target("mine.py") == target(str(tmp_path / "mine.py")) == target("other/../mine.py")
    assert target("mine.py") != target("other/mine.py")


def test_a_file_edited_within_a_second_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "edited.py"
    path.write_text(method("first"))
    assert list(brought(load_registry([str(path)]))) == ["first"]

    path.write_text(method("other"))
    assert list(brought(load_registry([str(path)]))) == ["other"]


@pytest.mark.parametrize("source", ["1 / 0\n", "def f(:\n", "raise SystemExit\n"])
def test_a_failing_import_leaves_no_module_behind(tmp_path: Path, source: str) -> None:
    (tmp_path / "failing.py").write_text(source)
    before = set(sys.modules)

    with pytest.raises(PluginError, match="failing"):
        load_registry([str(tmp_path / "failing.py")])
    assert not [name for name in set(sys.modules) - before if "failing" in name]


def test_an_unknown_name_brings_the_near_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"There is no mask called 'centre_square'\. Did you mean center_square"):
        load_registry().get("mask", "centre_square")


HOOKS = [name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")]
DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str) -> None:
    text = inspect.getdoc(getattr(hookspecs, hook)) or ""
    pages = [page.read_text(encoding="utf-8") for page in DOCS.glob("*.md")]

    assert "Anyone may implement it" in text
    assert all(f"\n    {name}: " in text for name in inspect.signature(getattr(hookspecs, hook)).parameters)
    assert any(f"`{hook}" in page or f"def {hook}(" in page for page in pages)


def test_the_registry_knows_every_hook() -> None:
    assert set(HOOKS) == {*plugins._HOOKS, *plugins._EVENTS}


def test_a_plugin_may_only_listen(tmp_path: Path) -> None:
    (tmp_path / "hears.py").write_text(f"{HEAD}@hookimpl\ndef on_run_finished():\n    pass\n")
    install(tmp_path, "fills", method("m"))
    registry = load_registry([str(tmp_path / "hears.py")])

    assert [observer.source.name for observer in registry.observers] == ["hears"]
    assert list(brought(registry)) == ["m"]


def test_a_plugin_that_is_refused_is_told_nothing(tmp_path: Path) -> None:
    (tmp_path / "twice.py").write_text(
        method("m").replace("return [", "return 2 * [") + "@hookimpl\ndef on_run_finished():\n    pass\n"
    )
    install(tmp_path, "also_twice", (tmp_path / "twice.py").read_text())

    assert load_registry().observers == []


class Hears:
    """Takes what it is told, one argument fewer than there are."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.heard: list[object] = []
        self.error = error

    @hookspecs.hookimpl
    def on_cell_finished(self, folder: Path) -> None:
        self.heard.append(folder)
        if self.error:
            raise self.error


def test_an_observer_is_told_what_it_takes(tmp_path: Path) -> None:
    plugin = Hears()
    observer = Observer.of(plugin, PluginSource("given", "mine"))
    observer.tell("on_cell_finished", record=None, folder=tmp_path)
    observer.tell("on_run_finished", interrupted=True)  # it has no such hook

    assert plugin.heard == [tmp_path]


@pytest.mark.parametrize("error", [ValueError("no luck"), SystemExit("no luck")])
def test_what_an_observer_raises_names_it(error: BaseException) -> None:
    observer = Observer.of(Hears(error), PluginSource("given", "mine", location="mine.py"))
    kind = type(error).__name__

    with pytest.raises(PluginError, match=rf"^mine \(mine\.py\): on_cell_finished raised {kind}: no luck \(.*, line"):
        observer.tell("on_cell_finished", record=None, folder=None)


def test_an_interrupt_passes_through_an_observer() -> None:
    with pytest.raises(KeyboardInterrupt):
        Observer.of(Hears(KeyboardInterrupt()), PluginSource("given", "mine")).tell("on_cell_finished", folder=None)
