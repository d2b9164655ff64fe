"""The gallery of studies: `index.html` of a folder of studies, and one in each that shows its
README, tables, plots and files.

A study is a folder directly below that has a README.md or a page (*.html) somewhere in it.
"""

from __future__ import annotations

from pathlib import Path

from archsim.basics.files import write_files
from archsim.basics.version import VERSION
from archsim.report.gallery.study_folder import MARK, PAGE, README, anchor, find_studies, is_ours
from archsim.report.run.page import environment
from hwlib.errors import InputError


def write_gallery(root: str | Path) -> tuple[list[Path], list[str]]:
    """Write the pages; returns their paths, the gallery first, and the links in the texts that lead
    nowhere.

    Raises InputError for a folder without studies, one that cannot be written, and where an
    index.html of another hand is.
    """
    root = Path(root)
    studies = find_studies(root)
    made = environment()
    pages = {
        root: made.get_template("gallery.html.j2").render(
            title="Studies", studies=studies, version=VERSION, mark=MARK
        )
    }
    for study in studies:
        pages[root / study.name] = made.get_template("study.html.j2").render(
            title=study.title,
            study=study,
            readme=study.texts.get(README),
            version=VERSION,
            mark=MARK,
            size=_size,
            anchor=anchor,
            others={name: text for name, text in study.texts.items() if name != README},
        )
    for folder in pages:
        # All pages are looked at before the first is written.
        # Somebody's own index.html is not ours to replace.
        if (folder / PAGE).exists() and not is_ours(folder / PAGE):
            raise InputError(
                "a page of another hand is here",
                where=str(folder / PAGE),
                hint="rename it: the gallery writes its own",
            )
    written = [write_files(folder, {PAGE: page}) / PAGE for folder, page in pages.items()]
    return written, [
        f"{root / study.name}: {address}" for study in studies for address in study.broken
    ]


def _size(count: int) -> str:
    for unit, factor in (("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return (
                f"{count / factor:.1f} {unit}"
                if count < 10 * factor
                else f"{count / factor:.0f} {unit}"
            )
    return f"{count} B"
