"""One sweep from a space to its tables, and what it gives: `explore` works it out, `load_sweep` reads
it from its folder (`archsim.exploration.ladder` climbs the rungs).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.basics.files import write_files
from archsim.basics.folders import folder_path
from archsim.basics.scratch import Scratch
from archsim.exploration.ladder import Ladder, Progress, evaluator
from archsim.exploration.space.keys import inputs_of_space
from archsim.exploration.space.load import load_space
from archsim.exploration.space.space import Space, up_to
from archsim.exploration.store.store import Store
from archsim.exploration.store.table import PointTable
from archsim.exploration.store.versions import code_version
from archsim.exploration.sweep_checks import changed_since, need_known_schemes, need_some
from archsim.exploration.work.engine import Engine
from archsim.exploration.work.preview import check_names
from archsim.readers.call_types import takes_its_types
from archsim.readers.digest import seal
from archsim.readers.stored import note_unsealed, read_stored
from hwlib.errors import InputError
from hwlib.text import counted

if TYPE_CHECKING:
    from archsim.run.unit_table import UnitTable

SPACE_FILE = "space.json"


@dataclass(frozen=True, repr=False)
class Sweep:
    """A finished sweep: a table a rung (every point that reached it), where it lies, and what was
    done for it.

    `counts` says how many points were worked out (`new`), taken from the store (`reused`) and
    priced from a stored run (`repriced`); `notes` what a reader should know.
    """

    space: Space
    folder: Path
    tables: list[PointTable]
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    _temporary: Any = None

    @property
    def top(self) -> PointTable:
        """The table of the highest rung."""
        return self.tables[-1]

    def front(self) -> list[dict[str, Any]]:
        """The Pareto-optimal points of the highest rung, by the first objective."""
        from archsim.exploration.analysis.front import front_indices

        return list(self.top.rows(front_indices(self.top)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every point once, as far as it came: the row of the highest rung it reached. All rows have
        the columns of all rungs, None where theirs has none: files take columns from the first.
        """
        reached: dict[str, tuple[PointTable, int]] = {}
        # rungs climb: the last table that has a point is that of its highest rung
        for table in self.tables:
            for index in range(len(table)):
                reached[table.key(index)] = (table, index)
        first = self.tables[0]
        columns = dict.fromkeys(
            name for table in self.tables if len(table) for name in next(table.rows([0]))
        )
        for index in range(len(first)):
            table, number = reached[first.key(index)]
            row = {**next(table.rows([number])), "point": index}
            yield {name: row.get(name) for name in columns}

    def table(self) -> UnitTable:
        """Every point as a pandas DataFrame that shows its units and goes to LaTeX.

        Returns:
            a DataFrame of `rows()`; `attrs["units"]` holds the units of its columns.
        """
        from archsim.run.result_tables import table_of

        return table_of(self.rows(), repr(self))

    def __repr__(self) -> str:
        reached = ", ".join(
            f"{len(table)} {rung.label}" for table, rung in zip(self.tables, self.space.rungs)
        )
        axes = counted(len(self.space.axes), "axis", "axes")
        return f"Sweep({self.space.name}: {axes}, points by rung: {reached})"

    def _repr_html_(self) -> str:
        """The Pareto front as a notebook shows it: axes and objectives of its points."""
        from archsim.run.result_tables import table_of

        wanted = [axis.path for axis in self.space.axes]
        wanted += [objective.path for objective in self.space.objectives]
        rows = [{name: row[name] for name in wanted if name in row} for row in self.front()]
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        table = table_of(rows, "Pareto front")._repr_html_()
        return f"<p><b>{escape(repr(self))}</b>, Pareto front:</p>{table}{notes}"

    def runs(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        """The stored runs (cycles and ledger) behind timed points.

        Args:
            keys: keys of points, as the store has them.

        Returns:
            key -> its own run or that of the same chip at another node; points without one are left out.
        """
        with Store(self.folder, writable=False) as store:
            heads = [
                number
                for number, head in enumerate(store.heads)
                if head["rung"] != "price" and head["code"] == code_version()
            ]
            # a design at another node does the same work: its run is stored once
            by_work = {
                row.extra["work"]: row.extra["run"]
                for head in heads
                for row in store.rows(head)
                if "run" in row.extra
            }
            stored = {key: store.find(key, heads) for key in keys}
        extras = {key: at[1].extra for key, at in stored.items() if at}
        return {
            key: extra.get("run") or by_work[extra["work"]]
            for key, extra in extras.items()
            if "run" in extra or extra.get("work") in by_work
        }

    def to_dict(self) -> dict[str, Any]:
        """The sweep as a JSON document: space, counts, front, knee, sensitivities, bands."""
        from archsim.exploration.document import sweep_document

        return sweep_document(self)


@takes_its_types()
def explore(
    space: str | Path | Mapping | Space,
    jobs: int = 1,
    out: str | Path | None = None,
    resume: bool = False,
    cluster: str | None = None,
    timeout_s: float | None = None,
    memory_mb: int | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Work out a design space: every point priced, the best ones simulated and trained.

    Points that fail are rows of the table, not errors.

    Args:
        space: a path of a TOML file, its content as a mapping, or a `Space`.
        jobs: processes.
        out: folder of the store; None for a temporary one.
        resume: uses what `out` holds already.
        cluster: address of a dask scheduler, in place of processes.
        timeout_s: gives up a point after so many seconds.
        memory_mb: memory of a worker process in MB.
        progress: progress(done, total, text) moves a bar.

    Returns:
        the `Sweep`: its points, the Pareto front, and what was done for it.

    Raises:
        InputError: for a wrong space, a folder that cannot be written, is in use, or holds a sweep
            already (without `resume`).
    """
    space = load_space(space)
    for rung in space.rungs:
        evaluator(rung)
    notes = check_names(space)
    if cluster:
        need_known_schemes(space)
    temporary = None
    if out is None:
        temporary = Scratch()
        out = temporary.name
    folder = folder_path(out)
    with Store(folder) as store:
        if len(store) and not resume:
            raise InputError(
                "there is a sweep here already",
                where=str(folder),
                got=f"{len(store)} points",
                hint="go on with it by --resume, or choose another folder",
            )
        # before the first point, so that a sweep that was stopped is read as far as it came
        write_files(folder, {SPACE_FILE: json.dumps(seal(space.content), indent=1) + "\n"})
        inputs = inputs_of_space(space)
        notes += changed_since(store, inputs)
        run = Ladder(space, store, Engine(jobs, cluster, timeout_s, memory_mb), progress, inputs)
        tables = run.all_rungs()
        for table in tables:
            need_some(space, table)
        return Sweep(space, folder, tables, run.counts, [*notes, *run.notes()], temporary)


def load_sweep(folder: str | Path, rung: str | None = None) -> Sweep:
    """A sweep from its folder, without working anything out; as far as the rung of a kind ("price",
    "timing") where one is named.

    Raises InputError where a point of it is missing, or the sweep has no such rung.
    """
    folder = Path(folder)
    content = read_stored_space(folder)
    with Store(folder, writable=False) as store:
        space = load_space(content)
        run = Ladder(
            space if rung is None else up_to(space, rung), store, None, None, inputs_of_space(space)
        )
        return Sweep(run.space, folder, run.all_rungs(), run.counts, run.notes())


def read_stored_space(folder: Path) -> dict[str, Any]:
    """The content of the space that a sweep's folder keeps. Raises InputError where there is none
    or it was damaged.
    """
    path = folder / SPACE_FILE
    if not path.exists():
        raise InputError(
            "no sweep here",
            where=str(folder),
            hint="archsim explore SPACE.toml --out DIR makes one",
        )
    stored = read_stored(path, "space", "space")
    note_unsealed(stored, path)
    return stored.document
