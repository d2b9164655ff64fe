"""The manual that comes with the package: `pages/` holds it as HTML, `find_page` gives one page.

The pages are built from `docs/` by `python docs/build.py` in a clone and are kept with the package,
so that nothing is built where archsim is installed and nothing is loaded from a network where it is
read. `archsim docs` opens them. Begin with `docs/build.py`.
"""

from __future__ import annotations

from pathlib import Path

from hwlib.errors import InputError, unknown

PAGES = Path(__file__).parent / "pages"
DIGEST = Path(__file__).parent / "sources.sha256"
"""What the pages were built from, as `docs/build.py` counts it."""
# What the builder makes beside the pages that people read.
_NO_PAGES = ("genindex", "search")


def list_pages() -> dict[str, Path]:
    """Every page by its name: its path below the manual without the ending (`learn/my_chip`)."""
    paths = sorted(PAGES.rglob("*.html"))
    names = {path.relative_to(PAGES).with_suffix("").as_posix(): path for path in paths}
    return {name: path for name, path in names.items() if name not in _NO_PAGES}


def find_page(name: str = "index") -> Path:
    """The file of a page.

    Args:
        name: name of the page, whole (`learn/my_chip`) or its last part where one page has it
            (`my_chip`).

    Returns:
        path of its HTML file.

    Raises:
        InputError: there is no such page, with the nearest name; or no manual came with the
            package.
    """
    pages = list_pages()
    if "index" not in pages:
        raise InputError("the manual did not come with this copy of archsim", where=str(PAGES))
    if name in pages:
        return pages[name]
    # By the last part of its path, where it is one page's alone: nobody types `learn/`.
    ends = [page for page in pages if page.rpartition("/")[2] == name]
    if len(ends) != 1:
        short = {page.rpartition("/")[2] for page in pages}
        raise unknown("page", name, sorted(short | set(ends)), "archsim docs")
    return pages[ends[0]]
