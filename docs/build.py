"""Build the manual that comes with the package: `python docs/build.py`, with the extra 'docs'.

The pages that people wrote and those that come from the code (`docs/from_code`) go to Sphinx
together; what it makes goes to `archsim/documentation/pages`, with the digest of all sources, by
which a test says when the pages are stale. `--check DIR` builds into DIR, without the notebooks,
and keeps nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DOCS = ROOT / "docs"
SOURCES = ("*.md", "*.ipynb", "*.py", "*.css", "*.svg", "*.toml", "*.json")
LARGEST = 5_000_000  # bytes of all pages: they travel with every installation
# What Sphinx makes and no reader needs.
_LEFT_OUT = ("*.map", "objects.inv", ".buildinfo", "*.doctree", "*.LICENSE.txt.map")


def source_files() -> list[Path]:
    """What people wrote under docs/, in a fixed order."""
    files = {path for pattern in SOURCES for path in DOCS.rglob(pattern)}
    return sorted(path for path in files if "__pycache__" not in path.parts)


def sources_digest() -> str:
    """SHA-256 of everything that a page says: what people wrote, the pages that come from the
    code, and the signatures and docstrings of the Python surface.
    """
    from docs.from_code import pages
    from docs.from_code.python import surface

    digest = hashlib.sha256()
    for path in source_files():
        digest.update(path.relative_to(DOCS).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    for name, text in sorted(pages().items()):
        digest.update(f"{name}\0{text}\0".encode())
    for text in surface():
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()


def gather(folder: Path) -> None:
    """All sources in one folder, as Sphinx takes them."""
    from docs.from_code import pages
    from docs.from_code.examples import to_pages

    left_out = shutil.ignore_patterns("__pycache__", "from_code", "*.py", "report.png")
    shutil.copytree(DOCS, folder, ignore=left_out)
    for path in folder.rglob("*.md"):
        path.write_text(to_pages(path.read_text(encoding="utf-8")), encoding="utf-8")
    for name, text in pages().items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def build(target: Path, notebooks: bool = True) -> None:
    """The pages in `target`, which is made anew. Ends with Sphinx's exit code where it warns."""
    with tempfile.TemporaryDirectory() as temporary:
        sources, made = Path(temporary) / "docs", Path(temporary) / "pages"
        gather(sources)
        mode = "force" if notebooks else "off"
        # the configuration is the clone's own: it finds the package beside it
        line = ["-W", "--keep-going", "-q", "-E", "-b", "html", "-c", str(DOCS)]
        line += ["-D", f"nb_execution_mode={mode}", "-d", str(Path(temporary) / "trees")]
        command = [sys.executable, "-m", "sphinx", *line, str(sources), str(made)]
        # the kernels of the notebooks import the package of this clone
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path})
        if done.returncode:
            sys.exit(done.returncode)
        for pattern in _LEFT_OUT:
            for path in made.rglob(pattern):
                path.unlink()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)


def size_of(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    from archsim.documentation import DIGEST, PAGES

    parser = argparse.ArgumentParser(description="Build the manual that comes with the package.")
    parser.add_argument("--check", metavar="DIR", help="build into DIR, without the notebooks")
    parser.add_argument("--digest", action="store_true", help="print the digest of the sources")
    arguments = parser.parse_args()
    if arguments.digest:
        print(sources_digest())
        return
    target = arguments.check
    build(Path(target) if target else PAGES, notebooks=target is None)
    if target is None:
        DIGEST.write_text(sources_digest() + "\n", encoding="utf-8")
    size = size_of(Path(target) if target else PAGES)
    print(f"{target or PAGES}: {size / 1e6:.1f} MB")
    if size > LARGEST:
        sys.exit(f"the pages are larger than {LARGEST / 1e6:g} MB")


if __name__ == "__main__":
    main()
