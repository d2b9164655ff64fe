"""One pass over the rungs of a space: what the store lacks is worked out, the points nearest the
front go on. Without an engine it only reads.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from archsim.exploration.analysis.pareto import promote
from archsim.exploration.space.samplers import most_points
from archsim.exploration.space.space import Rung, Space
from archsim.exploration.space.walk import Keyed, Planned, keyed
from archsim.exploration.store.rows import pack_rows
from archsim.exploration.store.store import Store
from archsim.exploration.store.table import PointTable
from archsim.exploration.store.versions import code_version, figures_version
from archsim.exploration.work.engine import Engine
from archsim.exploration.work.metrics import wanted_metrics
from archsim.exploration.work.rungs import RUNGS, Evaluate
from archsim.exploration.work.stored_runs import Repricer
from archsim.exploration.work.worker import RungJob
from hwlib.errors import InputError

Progress = Callable[..., None]


def evaluator(rung: Rung) -> Evaluate:
    """What works out a point on a rung. Raises InputError for a kind of rung that is not there."""
    if rung.kind not in RUNGS:
        raise InputError(
            "this rung is not there yet", where="rungs", got=rung.kind, allowed=tuple(RUNGS)
        )
    return RUNGS[rung.kind]


class Ladder:
    """The state of one pass over a space.

    Args:
        space: what is fixed, what varies, and its rungs from cheap to dear.
        store: the rows that are there; with an `engine`, where new ones are added.
        engine: how work is spread; None to read only, where a missing point is an error.
        progress: told (done, total, text) as points come back.
        inputs: named inputs by content, which rows are held against.
    """

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
        """What was wrong with the store."""
        notes = []
        if self.store.torn:
            notes.append(
                "the last line of the store was torn (its process died writing it) and was cut off"
            )
        if self.store.damaged:
            notes.append(f"{self.store.damaged} damaged lines of the store were passed over")
        return notes

    def all_rungs(self) -> list[PointTable]:
        """The table of every rung, the cheapest first."""
        tables: list[PointTable] = []
        for rung in self.space.rungs:
            plan = self._promoted(tables[-1], rung) if tables else self._first(rung)
            tables.append(self.run_rung(rung, plan))
        return tables

    def _first(self, rung: Rung) -> Planned:
        """The points of the lowest rung."""
        guided = self.space.sampler.kind == "nsga2"
        drawn = partial(keyed, self.space)
        plan = self._guided(rung) if guided else Planned(drawn, most_points(self.space))
        return plan if rung.points is None else plan.first(rung.points)

    def _promoted(self, below: PointTable, rung: Rung) -> Planned:
        """The points of the rung below that are nearest its front (all where the rung sets no
        number), in the order of the space.
        """
        # Without the guards' rank: a higher rung may show that what a guard holds back is well.
        rows, costs, _ = below.costs(self.space.objectives)
        indices = rows.tolist()
        if rung.points is not None:
            numbers = [
                number for number, axis in enumerate(self.space.axes) if axis.path in rung.each
            ]
            groups: dict[tuple[Any, ...], list[int]] = {}
            for member, index in enumerate(indices):
                point = below.point(index)
                groups.setdefault(tuple(point[number] for number in numbers), []).append(member)
            # In the order of the space, so that the next rung's table does not depend on the costs.
            indices = sorted(
                indices[members[chosen]]
                for members in groups.values()
                for chosen in promote(costs[members], rung.points)
            )
        return Planned.of([(below.key(index), below.point(index)) for index in indices])

    def _guided(self, rung: Rung) -> Planned:
        from archsim.exploration.space.nsga2 import search

        def judge(points: Sequence[tuple[Any, ...]]) -> list[list[float] | None]:
            table = self.run_rung(rung, Planned.of(self._allowed(points)))
            indices, costs, known = table.costs(self.space.objectives)
            if len(indices) and len(known) < len(self.space.objectives):
                missing = [o.path for o in self.space.objectives if o not in known]
                raise InputError(
                    "a guided search needs objectives that its first rung knows",
                    where="objectives",
                    got=", ".join(missing),
                )
            worth = {table.point(i): list(map(float, row)) for i, row in zip(indices, costs)}
            # None for a design that is refused: the search learns to leave it.
            return [worth.get(point) for point in points]

        return Planned.of(self._allowed(search(self.space, judge)))

    def _allowed(self, points: Sequence[tuple[Any, ...]]) -> list[Keyed]:
        return list(keyed(self.space, (point for point in points if self.space.allows(point))))

    def _heads(self, rung: Rung, metrics: tuple[str, ...]) -> list[int]:
        """Heads whose rows may stand for this rung: same rung, code and figures, and every metric
        that is wanted.
        """
        wanted = {"rung": rung.label, "code": code_version(), "figures": figures_version()}
        data = (
            # Only a training reads data: prices and times do not depend on them.
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

    def run_rung(self, rung: Rung, plan: Planned) -> PointTable:
        """Work out what the store lacks of a rung and give its table."""
        metrics = wanted_metrics(rung.kind, self.space.metrics())
        table = PointTable(self.space, rung, metrics)
        if self.engine is None:
            self._enter_stored(table, plan)
        else:
            head = self.store.head(
                rung=rung.label,
                axes=[axis.path for axis in self.space.axes],
                metrics=list(metrics),
                code=code_version(),
                figures=figures_version(),
                inputs=dict(self.inputs),
            )
            self._work_out(self.engine, table, head, plan)
        self._fill(table)
        return table

    def _enter_stored(self, table: PointTable, plan: Planned) -> None:
        """Enter every point of a plan that the store has. Raises InputError at the first that it
        lacks: a space that was edited to a million points is not drawn to its end.
        """
        heads = self._heads(table.rung, table.metrics)
        for key, point in plan.walk():
            number = int(key, 16)
            if not self.store.has(number, heads):
                raise self._lacking()
            table.enter(number, point)

    def _lacking(self) -> InputError:
        return InputError(
            "a point of this sweep is missing or of another version",
            where=str(self.store.folder),
            hint="archsim explore SPACE.toml --resume works it out",
        )

    def _fill(self, table: PointTable) -> None:
        """Take the results of a table's points from the store."""
        heads = self._heads(table.rung, table.metrics)
        for head, positions, rows in self.store.fetch(table.keys, heads):
            names = self.store.heads[head]["metrics"]
            same = names == list(table.metrics)
            # Rows of an older head may hold the same numbers in another order, and more of them.
            order = range(len(names)) if same else [names.index(name) for name in table.metrics]
            table.fill(
                positions,
                [
                    (
                        row[3] if row[3] is None or same else [row[3][i] for i in order],
                        row[4] if len(row) > 4 else {},
                    )
                    for row in rows
                ],
            )
        if table.missing:
            raise self._lacking()

    def _job(self, rung: Rung, metrics: tuple[str, ...], head: int) -> RungJob:
        """What the workers do for a rung."""
        return RungJob(self.space, evaluator(rung), metrics, rung.options, head)

    def _work_out(self, engine: Engine, table: PointTable, head: int, plan: Planned) -> None:
        """Enter every point of the plan into the table, and work out those that the store lacks."""
        rung = table.rung
        metrics = table.metrics
        heads = self._heads(rung, metrics)
        done = 0
        repricer = (
            Repricer(self.store, self.space, rung, metrics) if rung.kind == "timing" else None
        )

        def lacking() -> Iterator[Keyed]:
            nonlocal done
            for key, point in plan.walk():
                number = int(key, 16)
                table.enter(number, point)
                if self.store.has(number, heads):
                    self.counts["reused"] += 1
                    done += 1
                elif repricer is None or not repricer.takes(key, point):
                    yield key, point

        job = self._job(rung, metrics, head)
        repriced = (pack_rows(head, rows) for rows in repricer.batches()) if repricer else ()
        for lines in itertools.chain(engine.run(job, lacking()), repriced):
            self.store.append(head, lines)
            done += len(lines)
            self.counts["new"] += len(lines)
            if self.progress:
                self.progress(done, plan.most, f"{rung.label}: {done} of {plan.most}")
        if repricer:
            # Counted as new above, being rows of this version; nothing was simulated.
            self.counts["new"] -= repricer.count
            self.counts["repriced"] += repricer.count
