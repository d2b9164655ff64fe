"""Is the manual that comes with the package whole, up to date, and free of the network?"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from archsim.documentation import DIGEST, PAGES, list_pages
from docs.build import LARGEST, size_of

ROOT = Path(__file__).parents[2]
HTML = sorted(PAGES.rglob("*.html"))


def test_the_pages_are_those_of_the_sources():
    # in a process of its own: what other tests registered is on no page
    done = subprocess.run(
        [sys.executable, "docs/build.py", "--digest"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == DIGEST.read_text().strip(), (
        "the manual is stale: run python docs/build.py (pip install '.[docs]')"
    )


def test_the_pages_are_small_enough_to_travel():
    assert size_of(PAGES) < LARGEST


def test_every_source_has_its_page():
    written = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in sources()}
    assert written <= set(list_pages())


def sources():
    return [*(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.ipynb")]


def loaded(text):
    """Addresses that a browser loads by itself to show a page."""
    tags = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", text)
    named = [address for tag in tags for address in re.findall(r'(?:src|href)="([^"]*)"', tag)]
    return named + re.findall(r"url\(['\"]?([^'\")]+)", text) + re.findall(r"@import\s+(\S+)", text)


def test_nothing_is_loaded_from_a_network():
    files = [path for path in PAGES.rglob("*") if path.suffix in (".html", ".css")]
    assert len(files) > 30
    distant = [
        (path.name, address)
        for path in files
        for address in loaded(path.read_text(encoding="utf-8"))
        if re.match(r"(https?:)?//", address)
    ]
    assert distant == []
    assert loaded('<img src="//a/b.png">') == ["//a/b.png"]


def anchors(text):
    return {unquote(name) for name in re.findall(r'\bid="([^"]+)"', text)}


@pytest.fixture(scope="module")
def texts():
    return {path.resolve(): path.read_text(encoding="utf-8") for path in HTML}


@pytest.fixture(scope="module")
def named(texts):
    """The anchors of every page."""
    return {path: anchors(text) for path, text in texts.items()}


@pytest.mark.parametrize("path", HTML, ids=lambda path: path.relative_to(PAGES).as_posix())
def test_no_link_of_a_page_is_dead(path, texts, named):
    dead = []
    for address in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', texts[path.resolve()]):
        parts = urlsplit(address)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
        if parts.scheme:
            continue
        is_there = target in texts or target.exists()
        if not is_there or unquote(parts.fragment) not in named.get(target, set()) | {""}:
            dead.append(address)
    assert dead == []


HOME = re.compile(r"(/tmp/|/home/|/Users/|/root/|C:\\\\)\w")


def test_no_page_names_a_folder_of_the_machine_it_was_built_on(texts):
    assert [path.name for path, text in texts.items() if HOME.search(text)] == []


def test_no_study_names_a_folder_of_the_machine_it_was_made_on():
    kinds = (".json", ".md", ".csv", ".toml", ".html")
    files = [path for path in (ROOT / "reports").rglob("*") if path.suffix in kinds]
    named = [path for path in files if HOME.search(path.read_text(encoding="utf-8"))]
    assert files and [str(path.relative_to(ROOT)) for path in named] == []
