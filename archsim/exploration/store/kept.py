"""A sweep priced again: every design is priced and simulated anew, a trained one with the activity
that its row kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archsim.exploration.ladder import Ladder
from archsim.exploration.space.design import network_of, resolve
from archsim.exploration.space.keys import inputs_of_space, key_of
from archsim.exploration.space.load import load_space
from archsim.exploration.space.space import Rung, Space
from archsim.exploration.space.walk import Planned
from archsim.exploration.store.store import FILE, Store
from archsim.exploration.store.table import PointTable
from archsim.exploration.sweep import Sweep, read_stored_space
from archsim.exploration.work.engine import Engine
from archsim.exploration.work.metrics import read_metric
from archsim.exploration.work.rungs import kept_run, kept_training
from archsim.exploration.work.worker import RungJob
from hwlib.errors import InputError

KEPT = "kept"  # the option that hands a worker what the rows kept: (key, what) pairs


def reprice_sweep(folder: str | Path, jobs: int = 1) -> tuple[Sweep, list[str]]:
    """The sweep of a folder at today's code, and the trained designs that kept no activity, with
    the reason.

    What was trained stays what was trained, wherever the front lies now: `archsim explore --resume`
    trains what is near it. Raises InputError where the folder has no rows, and where none of its
    trained designs can be priced again.
    """
    folder = Path(folder)
    if not (folder / FILE).is_file():
        raise InputError(
            "the rows of this sweep were not kept, so nothing is known of its designs",
            where=str(folder / FILE),
            hint="archsim explore SPACE.toml --out DIR works them out",
        )
    content = read_stored_space(folder)
    with Store(folder) as store:
        space = load_space(content)
        run = _Repricing(space, store, Engine(jobs), None, _inputs(space, store))
        tables = run.all_rungs()
        return Sweep(run.space, folder, tables, run.counts, run.notes()), run.missing


def _inputs(space: Space, store: Store) -> dict[str, Any]:
    """Inputs of the space by content; of data, which nothing here reads, what the rows say."""
    without = dataclasses.replace(
        space, rungs=tuple(rung for rung in space.rungs if rung.kind != "training")
    )
    data = {
        name: value
        for head in store.heads
        for name, value in (head.get("inputs") or {}).items()
        if name.startswith("data ")
    }
    return inputs_of_space(without) | data


def kept_rung(
    design: Mapping[str, Any], metrics: Sequence[str], options: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """As `training_rung`, with the activity of a training that was."""
    from archsim.run.training_cost import price_again

    step = resolve(design)
    if step.rule is None:
        raise InputError("a design that is trained needs an update rule", where="scheme")
    trained = dict(options[KEPT])[key_of(design)]
    chip = step.chip.model_dump(mode="json", by_alias=True)
    document = {
        "network": design["network"],
        "scheme": step.rule.name,
        "node_nm": step.chip.node_nm,
        "settings": chip,
        **trained,
    }
    priced, _ = price_again(document, "kept training", network=network_of(design["network"]))
    return [read_metric(priced, name) for name in metrics], kept_run(design, priced) | {
        "trained": kept_training(priced) | {"guards": trained.get("guards", [])}
    }


class _Repricing(Ladder):
    """A pass over a space that takes trainings from the rows that are there, of whatever version."""

    def __init__(self, *state: Any):
        super().__init__(*state)
        self.kept: dict[str, Any] = {}
        self.missing: list[str] = []

    def _promoted(self, below: PointTable, rung: Rung) -> Planned:
        if rung.kind != "training":
            return super()._promoted(below, rung)
        chosen = {}
        changed = {}
        for head in (
            number for number, facts in enumerate(self.store.heads) if facts["rung"] == rung.label
        ):
            paths = self.store.heads[head]["axes"]
            for row in self.store.rows(head):
                if row.metrics is None or paths != list(self.space.paths):
                    continue
                key = key_of(self.space.design(row.values))
                # Later heads come later in the file: what was trained last counts.
                chosen[key] = row.values
                changed[key] = self._changed(self.store.heads[head])
                if "trained" in row.extra:
                    self.kept[key] = row.extra["trained"]
        known = {below.key(index) for index in range(len(below))}
        for key in list(chosen):
            why = (
                "its measured activity was not kept"
                if key not in self.kept
                else f"{changed[key]} has changed since it was trained"
                if changed[key]
                else "it is not allowed any more"
                if key not in known
                else ""
            )
            if why:
                point = ", ".join(
                    f"{path}={value}" for path, value in zip(self.space.paths, chosen.pop(key))
                )
                self.missing.append(f"{point}: {why}")
        if self.missing and not chosen:
            raise InputError(
                "no trained design can be priced again without training",
                where=str(self.store.folder),
                got=self.missing[0],
                hint="archsim explore SPACE.toml --resume trains them again",
            )
        return Planned.of(list(chosen.items()))

    def _changed(self, head: Mapping[str, Any]) -> str:
        """The input of the rows of a head that is another one today; "" where none is."""
        stored = head.get("inputs") or {}
        return next(
            (name for name, value in self.inputs.items() if stored.get(name, value) != value), ""
        )

    def _job(self, rung: Rung, metrics: tuple[str, ...], head: int) -> RungJob:
        if rung.kind != "training":
            return super()._job(rung, metrics, head)
        # By the options, as workers are processes of their own and have no store.
        options = (*rung.options, (KEPT, tuple(self.kept.items())))
        return RungJob(self.space, kept_rung, metrics, options, head)
