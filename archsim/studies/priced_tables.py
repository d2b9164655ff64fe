"""The priced tables of a study, as its study.toml names them: each is made again from what the
study kept, without training.

    [[priced]]
    table = "silicon"                  # silicon.md and silicon.csv
    row = "mixed_precision"
    arch = "wu2023"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.studies.moved import Repriced, read_table
from hwlib.errors import InputError, unknown

if TYPE_CHECKING:
    # A study's file names its tables, and a table is made of its study: for types only here, and
    # in the functions below when a table is made.
    from archsim.studies.study_file import Study

Table = Callable[["Study", Mapping[str, Any]], None]


def _silicon(study: Study, entry: Mapping[str, Any]) -> None:
    from archsim.studies.silicon import write_again

    write_again(study.folder / "study.toml", entry["row"], entry["arch"])


def _activity(study: Study, entry: Mapping[str, Any]) -> None:
    from archsim.studies.activity import write_study  # reads the study file

    write_study(study, entry["arch"])


def _stream_costs(study: Study, entry: Mapping[str, Any]) -> None:
    from archsim.studies.stream_costs import write

    write(study.folder)


def _low_rank(study: Study, entry: Mapping[str, Any]) -> None:
    from archsim.studies.low_rank import write_tables  # reads the study file

    write_tables(study)


def _low_rank_costs(study: Study, entry: Mapping[str, Any]) -> None:
    from archsim.studies.low_rank_costs import write_again

    write_again(study.folder / entry["file"])


def _update_latency(study: Study, entry: Mapping[str, Any]) -> None:
    from archsim.studies.update_latency import write

    write(study.folder)


def _bitstream_sharing(study: Study, entry: Mapping[str, Any]) -> None:
    from archsim.studies.bitstream_sharing import write_tables

    write_tables(study.folder)


class PricedTable(NamedTuple):
    """How a table is made again: what its entry says besides, the files that it makes (a field's
    name in braces), and the call.
    """

    fields: tuple[str, ...]
    files: tuple[str, ...]
    make: Table


TABLES = {
    "silicon": PricedTable(("row", "arch"), ("silicon.csv",), _silicon),
    "activity": PricedTable(("arch",), ("activity.csv",), _activity),
    "stream_costs": PricedTable((), ("costs.csv",), _stream_costs),
    "low_rank": PricedTable((), ("accuracy.csv", "counts.csv"), _low_rank),
    "low_rank_costs": PricedTable(("file",), ("{file}",), _low_rank_costs),
    "update_latency": PricedTable((), ("latency.csv",), _update_latency),
    "bitstream_sharing": PricedTable((), ("runs.csv", "sharing.csv"), _bitstream_sharing),
}


def check_priced(entries: Any, where: str) -> tuple[dict[str, Any], ...]:
    """The entries of [[priced]]. Raises InputError with the field."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("not a list of tables", where=f"{where}: priced", got=entries)
    for number, entry in enumerate(entries):
        at = f"{where}: priced[{number}]"
        if entry.get("table") not in TABLES:
            raise unknown("priced table", str(entry.get("table")), TABLES, f"{at}.table")
        fields = ("table", *TABLES[entry["table"]].fields)
        for name in (*entry, *fields):
            if name not in fields:
                raise unknown("field", name, fields, at)
            if not isinstance(entry.get(name), str):
                raise InputError(
                    "not a text" if name in entry else "required field is missing",
                    where=f"{at}.{name}",
                    got=entry.get(name),
                )
    return tuple(entries)


def price_tables(study: Study) -> Repriced:
    """Make every priced table of a study again, and its table and curves of what was trained. A
    table whose activity was not kept stays as it is and is named. Raises InputError where none can
    be made.
    """
    repriced = Repriced()
    faults: list[InputError] = []
    for entry in study.priced:
        table = TABLES[entry["table"]]
        names = [name.format(**entry) for name in table.files]
        # Read before the call below writes over them.
        before = {name: read_table(study.folder / name) for name in names}
        try:
            table.make(study, entry)
        except InputError as fault:
            faults.append(fault)
            repriced.missing.append(f"{', '.join(names)}: {fault.message}")
            continue
        for name in names:
            repriced.add(name, before[name], read_table(study.folder / name))
    # Where something was made anew the page names what was not; where nothing was, say why.
    if faults and not repriced.moved:
        raise faults[0]
    if study.rows:
        from archsim.studies.training_report import write_report  # reads the study file

        write_report(study)
    if not study.priced:
        repriced.notes.append(
            "this study prices nothing; its table and curves of accuracy were made again"
        )
    return repriced
