"""Does every link of the documentation and of the studies' pages lead somewhere, in a fresh clone
too?
"""

import functools
import re
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.members import every

ROOT = Path(__file__).parents[2]
FOLDERS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "reports")
ELSEWHERE = ("http", "https", "data", "mailto", "blob", "javascript")


class Page:
    """Addresses and anchors of a page. Reports hold megabytes of drawings, so they are searched,
    not parsed.
    """

    def __init__(self, text):
        marks = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
        self.addresses = [
            unescape(address) for address in re.findall(r'<[^<>]*?\b(?:href|src)="([^"]+)"', marks)
        ]
        self.anchors = {unescape(name) for name in re.findall(r'<[^<>]*?\bid="([^"]+)"', marks)}


@functools.cache
def page(path):
    return Page(path.read_text(encoding="utf-8"))


def kept_files():
    """Files that a clone has: those under version control, or all where there is none (an unpacked
    archive).
    """
    done = subprocess.run(
        ["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, text=True
    )
    names = done.stdout.split("\0") if done.returncode == 0 else []
    kept = {(ROOT / name).resolve() for name in names if name}
    return kept or {
        path.resolve()
        for name in FOLDERS
        for path in [ROOT / name, *(ROOT / name).rglob("*")]
        if path.is_file()
    }


KEPT = kept_files()
TEXTS = sorted(path for path in KEPT if path.suffix in (".md", ".html"))


def heading_anchors(text):
    """Anchors of the headings of a Markdown text, as the public code hosts make them."""
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def addresses_of(path):
    if path.suffix == ".html":
        return page(path).addresses
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors_of(path):
    return (
        page(path).anchors
        if path.suffix == ".html"
        else heading_anchors(path.read_text(encoding="utf-8"))
    )


def leads_somewhere(path, address):
    parts = urlsplit(address)
    if parts.scheme in ELSEWHERE:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target not in KEPT and not any(target in other.parents for other in KEPT):
        return False
    return (
        not parts.fragment
        or target.suffix not in (".md", ".html")
        or unquote(parts.fragment) in anchors_of(target)
    )


@every("path", TEXTS)
def test_no_link_is_dead(path):
    assert [address for address in addresses_of(path) if not leads_somewhere(path, address)] == []


def test_a_dead_link_is_seen(tmp_path):
    text = tmp_path / "page.md"
    text.write_text("# One\n[a](nowhere.md) and [b](#two)\n")
    assert addresses_of(text) == ["nowhere.md", "#two"]
    assert not leads_somewhere(text, "nowhere.md")
    linked = Page('<a href="x.html#y">z</a><svg id="one"><script>var a = \'<a href="q">\'</script>')
    assert (linked.addresses, linked.anchors) == (["x.html#y"], {"one"})


def test_files_that_a_text_names_exist():
    """A path in backticks that begins with a room of the project is a file or a folder of it."""
    rooms = ("archsim/", "hwlib/", "workloads/", "tests/", "reports/", "docs/", "benchmarks/")
    named = [
        (path, word)
        for path in TEXTS
        if path.suffix == ".md"
        for word in re.findall(r"`([\w./-]+)`", path.read_text(encoding="utf-8"))
        if word.startswith(rooms)
    ]
    assert len(named) > 10
    assert [(path.name, word) for path, word in named if not (ROOT / word).exists()] == []
