"""What MkDocs calls while it builds: pages from outside `docs/`, pages that are generated, links, navigation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # MkDocs loads this file by its name alone

from inpaintbench.api import MaskSpec
from site_tools import reference
from site_tools.hole_pictures import described, strip
from site_tools.markdown import fenced, joined, plain_pipes
from site_tools.places import PAGES, ROOT, relinked
from site_tools.plugin_pages import SECTIONS, bundled, catalogue, facts, page, page_of, written_by_hand

_LANGUAGES = {".py": "python", ".toml": "toml", ".cff": "yaml"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name anchors as repository hosts do, so that a link works there and here; complete the navigation."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    nav: list[dict[str, Any]] = list(config.nav or ())
    sections = {title: entry for one in nav for title, entry in one.items()}
    for spec in bundled():
        sections[SECTIONS[spec.kind]].append({spec.name: page_of(spec)})
    modules = [{f"inpaintbench.{name}": f"reference/python/{name}.md"} for name in reference.MODULES]
    sections["Reference"].append({"Python API": [{"inpaintbench": "reference/python/index.md"}, *modules]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies elsewhere or in no file. The repository's front page becomes the site's."""
    index = files.get_file_from_path("index.md")
    if index is not None:
        files.remove(index)
    for name, content in (*_from_the_repository(), *_generated()):
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links of a hand-written page into links within the site, and add facts to the page of a plugin."""
    if page.file.generated_by:
        return markdown
    text = relinked(plain_pipes(markdown), f"docs/{page.file.src_uri}")
    found = [facts(spec) for spec in bundled() if page_of(spec) == page.file.src_uri]
    return joined(text, *found)


def _from_the_repository() -> Iterator[tuple[str, str]]:
    """Yield name and content of the pages that show files outside `docs/`."""
    for origin, name in PAGES.items():
        path = ROOT / origin
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            beside = _files_of(path.parent) if origin.startswith("examples/") else []
            yield name, joined(relinked(plain_pipes(text), origin), *map(_shown, beside))
        else:
            yield name, f"# {path.name}\n\n{fenced(text, _LANGUAGES.get(path.suffix, 'text'))}"


def _files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in _LANGUAGES and path.stat().st_size)


def _shown(path: Path) -> str:
    name = "/".join(path.relative_to(ROOT / "examples").parts[1:])
    return f"## `{name}`\n\n{fenced(path.read_text(encoding='utf-8'), _LANGUAGES[path.suffix])}"


def _generated() -> Iterator[tuple[str, str | bytes]]:
    """Yield name and content of what stands in no file."""
    yield "assets/site.css", (ROOT / "site_tools/site.css").read_text(encoding="utf-8")
    for spec in bundled():
        drawn = strip(spec) if isinstance(spec, MaskSpec) else None
        if drawn is not None:
            yield f"images/holes/{spec.name}.png", drawn[0]
        if not written_by_hand(spec):
            yield page_of(spec), page(spec, described(spec.name, drawn[1]) if drawn else "")
    methods = "A method fills holes. [Writing a method](../writing-a-method.md) adds one of your own."
    yield "methods/index.md", joined("# Methods", methods, catalogue("method"))
    metrics = (
        "A metric gives a number to a completed picture. [The protocol](../protocol.md) says how each is computed."
    )
    yield "metrics/index.md", joined("# Metrics", metrics, catalogue("metric"))
    yield "reference/commands.md", reference.commands()
    yield "reference/checks.md", reference.checks()
    yield "reference/python/index.md", reference.package()
    for name in reference.MODULES:
        yield f"reference/python/{name}.md", reference.module(name)
