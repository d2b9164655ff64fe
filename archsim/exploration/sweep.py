"""One sweep from a space to its tables: what the store lacks is worked out rung by rung, the points
nearest the front go on.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from archsim.basics.files import write_files
from archsim.basics.folders import folder_path
from archsim.exploration.analysis.pareto import promote
from archsim.exploration.space.design import inputs_of_space
from archsim.exploration.space.load import load_space
from archsim.exploration.space.samplers import most_points
from archsim.exploration.space.space import Rung, Space, up_to
from archsim.exploration.space.walk import Walk, keyed
from archsim.exploration.store.rows import pack_rows
from archsim.exploration.store.store import Store
from archsim.exploration.store.table import DONE, REFUSED, Table
from archsim.exploration.store.versions import code_version, figures_version
from archsim.exploration.work.engine import Engine
from archsim.exploration.work.metrics import wanted_metrics
from archsim.exploration.work.preview import check_names, nothing_built
from archsim.exploration.work.rungs import RUNGS, Evaluate
from archsim.exploration.work.stored_runs import Repricer
from archsim.exploration.work.worker import Job
from archsim.readers.digest import seal
from archsim.readers.stored import note_unsealed, read_stored
from hwlib.errors import InputError

Progress = Callable[..., None]
SPACE_FILE = "space.json"


@dataclass
class Sweep:
    """A finished sweep: a table a rung (every point that reached it), where it lies, and what was
    done for it.

    `counts` says how many points were worked out (`new`), taken from the store (`reused`) and
    priced from a stored run (`repriced`); `notes` what a reader should know.
    """

    space: Space
    folder: Path
    tables: list[Table]
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    _temporary: Any = None

    @property
    def top(self) -> Table:
        """The table of the highest rung."""
        return self.tables[-1]

    def front(self) -> list[dict[str, Any]]:
        """The Pareto-optimal points of the highest rung, by the first objective."""
        from archsim.exploration.analysis.front import front_indices

        return list(self.top.rows(front_indices(self.top)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every point once, as far as it came: the row of the highest rung it reached."""
        reached: dict[str, tuple[Table, int]] = {}
        for table in self.tables:
            for index in range(len(table)):
                reached[table.key(index)] = (table, index)
        first = self.tables[0]
        for index in range(len(first)):
            table, place = reached[first.key(index)]
            yield {**next(table.rows([place])), "point": index}

    def table(self):
        """A pandas DataFrame of `rows`."""
        import pandas

        return pandas.DataFrame(self.rows())

    def runs(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        """Key -> the stored run (cycles and ledger) behind a timed point, its own or that of the
        same chip at another node.
        """
        with Store(self.folder, writable=False) as store:
            heads = [
                n
                for n, head in enumerate(store.heads)
                if head["rung"] != "price" and head["code"] == code_version()
            ]
            by_work = {
                row.extra["work"]: row.extra["run"]
                for head in heads
                for row in store.rows(head)
                if "run" in row.extra
            }
            found = {key: store.find(key, heads) for key in keys}
        extras = {key: at[1].extra for key, at in found.items() if at}
        return {
            key: extra.get("run") or by_work[extra["work"]]
            for key, extra in extras.items()
            if "work" in extra
        }

    def to_dict(self) -> dict[str, Any]:
        """The sweep as a JSON document: space, counts, front, knee, sensitivities, bands."""
        from archsim.exploration.document import sweep_document

        return sweep_document(self)


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
    """Work out a design space on `jobs` processes, or on the dask cluster at `cluster`.

    `out` is the folder of the store (None: a temporary one); with `resume` what it holds is used.
    `timeout_s` and
    `memory_mb` limit a point. Raises InputError for a wrong space, a folder that cannot be written,
    is in use, or holds a sweep already (without `resume`). Points that fail are rows of the table,
    not errors.
    """
    space = load_space(space)
    for rung in space.rungs:
        _evaluate(rung)
    notes = check_names(space)
    if cluster:
        _need_known_schemes(space)
    temporary = None if out is not None else tempfile.TemporaryDirectory(prefix="archsim-sweep-")
    folder = folder_path(out if out is not None else temporary.name)
    with Store(folder) as store:
        if len(store) and not resume:
            raise InputError(
                "there is a sweep here already",
                where=str(folder),
                got=f"{len(store)} points",
                hint="go on with it by --resume, or choose another folder",
            )
        write_files(folder, {SPACE_FILE: json.dumps(seal(space.content), indent=1) + "\n"})
        inputs = inputs_of_space(space)
        notes += _changed_since(store, inputs)
        run = _Run(space, store, Engine(jobs, cluster, timeout_s, memory_mb), progress, inputs)
        tables = run.all_rungs()
        for table in tables:
            _need_some(space, table)
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
        run = _Run(
            space if rung is None else up_to(space, rung), store, None, None, inputs_of_space(space)
        )
        return Sweep(run.space, folder, run.all_rungs(), run.counts, run.notes())


def _changed_since(store: Store, inputs: Mapping[str, Any]) -> list[str]:
    """Notes on inputs that were others when the rows of the store were worked out: their points are
    worked out anew.
    """
    stored = [head["inputs"] for head in store.heads if isinstance(head.get("inputs"), dict)]
    latest: dict[str, Any] = {name: value for one in stored for name, value in one.items()}
    return [
        f"{name} has changed since this sweep was begun: its points are worked out anew"
        for name, value in inputs.items()
        if latest.get(name, value) != value
    ]


def _need_known_schemes(space: Space) -> None:
    """Raises InputError where the workers of a cluster would not know a scheme that only this
    process does.
    """
    from archsim.schemes.base import SCHEMES
    from archsim.schemes.own_file import is_installed, is_own

    names = {
        space.fixed["scheme"],
        *(value for axis in space.axes if axis.path == "scheme" for value in axis.values),
    }
    for name in sorted(names & set(SCHEMES)):
        if is_own(SCHEMES[name]) and not is_installed(SCHEMES[name]):
            raise InputError(
                "the workers of a cluster do not know this scheme",
                where="scheme",
                got=name,
                hint="install it there as a package with an entry point of the group archsim.schemes, or leave --cluster away",
            )


def _need_some(space: Space, table: Table) -> None:
    """Raises InputError where no point of a rung came to a result: an empty front is no success."""
    if (table.status == DONE).any():
        return
    if not len(table):
        return  # the rung below has no point that meets the constraints
    reasons: dict[str, int] = {}
    for index in np.flatnonzero(table.status == REFUSED).tolist() or range(len(table)):
        reasons[table.reasons[index]] = reasons.get(table.reasons[index], 0) + 1
    raise nothing_built(space, reasons, len(table))


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


def _evaluate(rung: Rung) -> Evaluate:
    if rung.kind not in RUNGS:
        raise InputError(
            "this rung is not there yet", where="rungs", got=rung.kind, allowed=tuple(RUNGS)
        )
    return RUNGS[rung.kind]


class _Run:
    """The state of one pass over a space. Without an engine it only reads."""

    def __init__(
        self,
        space: Space,
        store: Store,
        engine: Engine | None,
        progress: Progress | None,
        inputs: Mapping[str, Any],
    ):
        self.space = space
        self.store = store
        self.engine = engine
        self.progress = progress
        self.inputs = inputs
        self.counts = {"new": 0, "reused": 0, "repriced": 0}

    def notes(self) -> list[str]:
        """What was found wrong with the store."""
        found = (
            ["the last line of the store was torn (its process died writing it) and was cut off"]
            if self.store.torn
            else []
        )
        if self.store.damaged:
            found.append(f"{self.store.damaged} damaged lines of the store were passed over")
        return found

    def all_rungs(self) -> list[Table]:
        tables: list[Table] = []
        for rung in self.space.rungs:
            if tables:
                walk, total = self._promoted(tables[-1], rung)
            elif self.space.sampler.kind == "nsga2":
                walk, total = self._guided(rung)
            else:
                walk = partial(keyed, self.space)
                total = most_points(self.space)
            if rung.points is not None and not tables:
                walk = _first(walk, rung.points)
                total = min(total, rung.points)
            tables.append(self.run_rung(rung, walk, total))
        return tables

    def _promoted(self, below: Table, rung: Rung) -> tuple[Walk, int]:
        """The points of the rung below that are nearest its front (all where the rung sets no
        number), in the order of the space.
        """
        indices, costs, _ = below.costs(self.space.objectives)
        if rung.points is not None:
            numbers = [
                number for number, axis in enumerate(self.space.axes) if axis.path in rung.each
            ]
            groups: dict[tuple, list[int]] = {}
            for place, index in enumerate(indices):
                groups.setdefault(
                    tuple(below.point(index)[number] for number in numbers), []
                ).append(place)
            indices = sorted(
                indices[members[i]]
                for members in groups.values()
                for i in promote(costs[members], rung.points)
            )
        chosen = [(below.key(i), below.point(i)) for i in indices]
        return (lambda: chosen), len(chosen)

    def _guided(self, rung: Rung) -> tuple[Walk, int]:
        from archsim.exploration.space.nsga2 import search

        def judge(points: list[tuple]) -> list[list[float] | None]:
            generation = list(keyed(self.space, (p for p in points if self.space.allows(p))))
            table = self.run_rung(rung, lambda: generation, len(generation))
            indices, costs, known = table.costs(self.space.objectives)
            if len(indices) and len(known) < len(self.space.objectives):
                missing = [o.path for o in self.space.objectives if o not in known]
                raise InputError(
                    "a guided search needs objectives that its first rung knows",
                    where="objectives",
                    got=", ".join(missing),
                )
            worth = {table.point(i): list(map(float, row)) for i, row in zip(indices, costs)}
            return [worth.get(point) for point in points]

        drawn = search(self.space, judge)
        found = list(keyed(self.space, (p for p in drawn if self.space.allows(p))))
        return (lambda: found), len(found)

    def _heads(self, rung: Rung, metrics: tuple[str, ...]) -> list[int]:
        """Heads whose rows may stand for this rung: same rung, code and figures, and every metric
        that is wanted.
        """
        wanted = {"rung": rung.label, "code": code_version(), "figures": figures_version()}
        data = (
            {name: value for name, value in self.inputs.items() if name.startswith("data ")}
            if rung.kind == "training"
            else {}
        )
        return [
            number
            for number, head in enumerate(self.store.heads)
            if all(head[name] == value for name, value in wanted.items())
            and set(metrics) <= set(head["metrics"])
            and data.items() <= head.get("inputs", {}).items()
        ]

    def run_rung(self, rung: Rung, walk: Walk, total: int) -> Table:
        """Work out what the store lacks of a rung and give its table."""
        metrics = wanted_metrics(rung.kind, self.space.metrics())
        table = Table(self.space, rung, metrics)
        if self.engine is not None:
            head = self.store.head(
                rung=rung.label,
                axes=[axis.path for axis in self.space.axes],
                metrics=list(metrics),
                code=code_version(),
                figures=figures_version(),
                inputs=dict(self.inputs),
            )
            self._work_out(table, head, walk, total)
        else:
            for key, point in walk():
                table.enter(int(key, 16), point)
        self._fill(table)
        return table

    def _fill(self, table: Table) -> None:
        """Take the results of a table's points from the store."""
        for head, places, rows in self.store.fetch(
            table.keys, self._heads(table.rung, table.metrics)
        ):
            names = self.store.heads[head]["metrics"]
            order = (
                None
                if names == list(table.metrics)
                else [names.index(name) for name in table.metrics]
            )
            table.fill(
                places,
                [
                    (
                        row[3] if row[3] is None or order is None else [row[3][i] for i in order],
                        row[4] if len(row) > 4 else {},
                    )
                    for row in rows
                ],
            )
        if table.missing:
            raise InputError(
                "a point of this sweep is missing or of another version",
                where=str(self.store.folder),
                hint="archsim explore SPACE.toml --resume works it out",
            )

    def _job(self, rung: Rung, metrics: tuple[str, ...], head: int) -> Job:
        """What the workers do for a rung."""
        return Job(self.space, _evaluate(rung), metrics, rung.options, head)

    def _work_out(self, table: Table, head: int, walk: Walk, total: int) -> None:
        """Enter every point of the walk into the table, and work out those that the store lacks."""
        rung, metrics = table.rung, table.metrics
        heads, done = self._heads(rung, metrics), 0
        repricer = (
            Repricer(self.store, self.space, rung, metrics) if rung.kind == "timing" else None
        )

        def lacking() -> Iterator[tuple[str, tuple]]:
            nonlocal done
            for key, point in walk():
                number = int(key, 16)
                table.enter(number, point)
                if self.store.has(number, heads):
                    self.counts["reused"] += 1
                    done += 1
                elif repricer is None or not repricer.takes(key, point):
                    yield key, point

        job = self._job(rung, metrics, head)
        repriced = (pack_rows(head, rows) for rows in repricer.batches()) if repricer else ()
        for lines in itertools.chain(self.engine.run(job, lacking()), repriced):
            self.store.append(head, lines)
            done += len(lines)
            self.counts["new"] += len(lines)
            if self.progress:
                self.progress(done, total, f"{rung.label}: {done} of {total}")
        if repricer:
            self.counts["new"] -= repricer.count
            self.counts["repriced"] += repricer.count


def _first(walk: Walk, count: int) -> Walk:
    return lambda: itertools.islice(walk(), count)
