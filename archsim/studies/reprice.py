"""A study priced again from the activity that it kept: trace, simulation and prices are made anew,
nothing is trained.

`archsim report FOLDER --reprice` is its command. FOLDER is a training, a comparison, a sweep, or a
study whose study.toml names its priced tables (`priced_tables`); folders of these kinds right below
it are priced again too. What moved stands in `repriced.md` and
`repriced.csv` of the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.basics.files import csv_text, write_files
from archsim.basics.folders import hold, kind_of
from archsim.basics.version import VERSION
from archsim.chip import load_architecture
from archsim.run.training_cost import chip_of
from archsim.studies.moved import Repriced, markdown
from archsim.studies.repriced_kinds import KINDS, ChipOf
from hwlib.errors import InputError
from workloads import load_network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

PAGE = "repriced.md"
ROWS = "repriced.csv"


def reprice(
    folder: str | Path,
    arch: str | Path | None = None,
    settings: Mapping[str, str] | None = None,
    network: str | Path | None = None,
    jobs: int = 1,
) -> Repriced:
    """Price a folder again and rewrite its tables, documents, figures and pages; what moved, and
    what could not be priced again and why.

    `arch` and `settings` put another chip, or changes of it, in the place of that of a training or
    a comparison; `network` is its file where the name is not a built-in one; `jobs` are the
    processes of a sweep. Raises InputError for a folder of no such kind, where nothing can be
    priced again, and for a chip on which the training would have gone another way; nothing is
    written then.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder))
    kind = kind_of(folder)
    below = [
        path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")
    ]
    below = (
        [path for path in below if kind_of(path) in ("study", "comparison", "sweep")]
        if kind in (None, "study")
        else []
    )
    work = KINDS.get(kind or "")
    if work is None and not below:
        raise InputError(
            "nothing here can be priced again",
            where=str(folder),
            got=kind or "no result",
            hint="a folder of archsim train, compare or explore, or a study with a study.toml",
        )
    # A sweep's chips are its axes, a study's stand in its tables: one would fit none of them.
    if kind not in ("training", "run", "comparison") and (arch or settings or network):
        raise InputError(
            f"a {kind or 'folder of studies'} names its own chips and networks",
            where="--arch, --set, --network",
        )
    repriced = Repriced()
    # Nobody else writes here meanwhile, and no part of it is left half written.
    with hold(folder, kind or "study", around=True):
        if work:
            change = _chip_change(arch, settings)
            repriced = work(folder, change, load_network(network) if network else None, jobs)
        for path in below:
            repriced.join(path.name, reprice(path, jobs=jobs))
        write_files(
            folder,
            {
                PAGE: markdown(repriced, folder.resolve().name, VERSION),
                ROWS: csv_text(repriced.rows()),
            },
        )
    return repriced


def _chip_change(arch: str | Path | None, settings: Mapping[str, str] | None) -> ChipOf:
    """The chip in place of that of a document; None for its own."""

    def chip(document: Mapping[str, Any], where: str) -> Architecture | None:
        if arch is None and not settings:
            return None
        return load_architecture(chip_of(document, where) if arch is None else arch, settings)

    return chip
