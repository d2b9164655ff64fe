"""What a folder of studies holds: of each its texts, pages, pictures and files."""

from __future__ import annotations

import html
import os
import posixpath
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from archsim.report.gallery.markdown import RenderedText, render
from hwlib.errors import InputError

PAGE = "index.html"
README = "README.md"
MARK = '<meta name="generator" content="archsim gallery">'
_PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")
_LEAD = 420
MAX_TEXT_BYTES = 2_000_000


@dataclass
class StudyFolder:
    """A study as it lies there: every name is a path below its folder with forward slashes. `texts` are its
    Markdown files, rendered (README.md first), `broken` the addresses in them that lead nowhere."""

    root: Path
    name: str
    texts: dict[str, RenderedText] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The README's heading, else the title of a page, else the folder's name."""
        readme = self.texts.get(README)
        return (readme.title if readme else "") or next(iter(self.pages.values()), "") or self.name

    @property
    def lead(self) -> str:
        """The README's first paragraph, cut at a word where it is long."""
        text = self.texts[README].lead if README in self.texts else ""
        return text if len(text) <= _LEAD else text[:_LEAD].rsplit(" ", 1)[0] + " …"

    @property
    def shown(self) -> list[str]:
        """Pictures that the README shows."""
        return (
            [
                name
                for name in map(posixpath.normpath, map(unquote, self.texts[README].pictures))
                if name in self.pictures
            ]
            if README in self.texts
            else []
        )

    @property
    def headline(self) -> str | None:
        """The first picture of the README, else the first one of the folder."""
        own = sorted(self.pictures, key=lambda name: (name.count("/"), name))
        return next(iter([*self.shown, *own]), None)

    @property
    def more_pictures(self) -> list[str]:
        """Pictures that no text shows; of the same one in several formats only the first."""
        shown = {name for path, text in self.texts.items() for name in _paths(path, text.pictures)}
        stems = {posixpath.splitext(name)[0] for name in shown}
        more: dict[str, str] = {}
        for name in sorted(
            self.pictures,
            key=lambda name: (posixpath.splitext(name)[0], _PICTURES.index(_suffix(name))),
        ):
            if posixpath.splitext(name)[0] not in stems:
                more.setdefault(posixpath.splitext(name)[0], name)
        return list(more.values())


def find_studies(root: Path) -> list[StudyFolder]:
    """The studies below a folder, by name. Raises InputError where it cannot be read or has none."""
    try:
        names = sorted(
            entry.name
            for entry in os.scandir(root)
            # A link may lead anywhere, and round in a circle.
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
        )
    except OSError as error:
        raise InputError(f"cannot read the folder ({error.strerror})", where=str(root)) from None
    studies = [
        study
        for study in (_read_study(root, name) for name in names)
        if study.texts.get(README) or study.pages
    ]
    if not studies:
        raise InputError(
            "no study here",
            where=str(root),
            hint="a study is a folder with a README.md or a report.html in it",
        )
    return studies


def _read_study(root: Path, name: str) -> StudyFolder:
    study = StudyFolder(root, name)
    texts = []
    for folder, folders, files in os.walk(root / name):
        # In place, as `os.walk` reads it: hidden folders are not entered.
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        for entry in sorted(files):
            path = Path(folder) / entry
            here = path.relative_to(root / name).as_posix()
            if (
                entry.startswith(".")
                or path.is_symlink()
                # The page that the last gallery wrote is no part of the study.
                or (entry == PAGE and is_ours(path))
                or _is_working_file(entry)
            ):
                continue
            study.files.append((here, path.stat().st_size))
            if _suffix(here) == ".html":
                study.pages[here] = _title_of(path) or here
            elif _suffix(here) == ".md":
                texts.append(here)
            elif _suffix(here) in _PICTURES:
                study.pictures.append(here)
    for here in sorted(texts, key=lambda text: (text != README, text)):
        file = partial(_file, study, here)
        address = partial(_address, study, here)
        study.texts[here] = render(
            _read(root / name / here), address, file, anchor(here), 0 if here == README else 2
        )
    return study


def _is_working_file(name: str) -> bool:
    """What a training needs to go on and nobody reads: it stays out of version control, so a link
    to it is dead in a clone.
    """
    return name == "checkpoint.json" or re.fullmatch(r"arrays-\d+\.npz", name) is not None


def anchor(text: str) -> str:
    """The id of a text's section on the page of its study."""
    return "text-" + re.sub(r"[^\w]+", "-", text)


def _address(study: StudyFolder, text: str, address: str) -> str:
    """Where a link of a text leads on the page of the study; one that leads nowhere is noted."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return address
    target = posixpath.normpath(posixpath.join(posixpath.dirname(text), unquote(parts.path)))
    if not (study.root / study.name / target).exists():
        study.broken.append(f"{text}: {address}")
    return _to(study, target) + (
        f"#{parts.fragment}" if parts.fragment and not target.endswith(".md") else ""
    )


def _to(study: StudyFolder, target: str) -> str:
    if target == README:
        return "#readme"
    if target.endswith(".md") and not target.startswith(".."):
        return f"#{anchor(target)}"
    # The README of another study is on the page of that study.
    if re.fullmatch(r"\.\./[^/]+/README\.md", target):
        target = f"{target[: -len(README)]}{PAGE}"
    return quote(target)


def _file(study: StudyFolder, text: str, name: str) -> str | None:
    """The address of a file of the study that a code span names."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(text), name))
    # A code span is text first: only what looks like a file's name, and lies inside, is looked up.
    known = re.fullmatch(r"[\w./+-]*\.\w+", name) and not target.startswith((".", "/"))
    return (
        _to(study, target)
        if known and target != text and (study.root / study.name / target).is_file()
        else None
    )


def _paths(text: str, pictures: tuple[str, ...]) -> list[str]:
    return [
        posixpath.normpath(posixpath.join(posixpath.dirname(text), unquote(picture)))
        for picture in pictures
    ]


def _suffix(name: str) -> str:
    return posixpath.splitext(name)[1].lower()


def _read(path: Path) -> str:
    with open(path, "rb") as file:
        # Cut and repaired, not refused: one odd text must not hide a gallery.
        return file.read(MAX_TEXT_BYTES).decode("utf-8-sig", errors="replace")


def is_ours(path: Path) -> bool:
    with open(path, "rb") as file:
        # The mark stands in the head of the page.
        return MARK.encode() in file.read(4096)


def _title_of(path: Path) -> str:
    with open(path, "rb") as file:
        title = re.search(rb"<title>(.*?)</title>", file.read(65536), re.DOTALL)
    return html.unescape(title[1].decode(errors="replace")).strip() if title else ""
