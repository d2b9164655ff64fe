"""A comparison under way: its trainings in two rounds, trials before the seeds that rest on them; what
the folder holds already is taken, what ends is told and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from archsim.comparison.requests import begin
from archsim.comparison.worker import Order, Outcome
from workloads.datasets import Dataset

Told = Callable[[int, dict[str, Any]], None]
"""(number of the order, dict of the training core)"""
Spread = Callable[[Sequence[Order], Told], Iterator[tuple[int, Outcome]]]
"""Works out orders, here, in processes or on a cluster: (number, outcome) as they end."""


@dataclass
class Status:
    """Where a training is, for a display. `now` is what the training core says (see
    training.loop.train), empty before it begins.
    """

    label: str
    state: Literal["waiting", "running", "done", "refused", "lost", "interrupted"]
    now: dict[str, Any]
    accuracy_percent: float | None = None
    reason: str = ""


@dataclass
class Work:
    """How orders are worked out.

    Args:
        data: the whole set, fitted to the network.
        folder: keeps everything; None keeps nothing.
        resume: whether what it holds is taken.
        spread: works them out.
        shown: gets the statuses of all orders of both rounds.
        statuses: of them, by their labels.
        notes: what was worked out anew.
    """

    data: Dataset
    folder: Path | None
    resume: bool
    spread: Spread
    shown: Callable[[Sequence[Status]], None]
    statuses: list[Status] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def expect(self, labels: Sequence[str]) -> None:
        """Show trainings that will come."""
        self.statuses += [Status(label, "waiting", {}) for label in labels]

    def round(
        self, orders: Sequence[Order], ended: Callable[[dict[int, Outcome]], None]
    ) -> dict[int, Outcome]:
        """Work out the next orders of those expected.

        Args:
            orders: as many as the labels that were expected, or fewer where some fell away.
            ended: gets all outcomes so far whenever one is added.

        Returns:
            outcomes by the number of the order.

        Raises:
            KeyboardInterrupt: where the user stopped it.
        """
        beginning = begin(orders, self.data, self.folder, self.resume)
        self.notes += beginning.notes
        outcomes = beginning.outcomes
        mine = self._statuses_of(orders)
        for number, outcome in outcomes.items():
            _note(mine[number], outcome)
        waiting = [number for number in range(len(orders)) if number not in outcomes]

        def moved(position: int, now: dict[str, Any]) -> None:
            status = mine[waiting[position]]
            status.state = "running"
            status.now = now
            self.shown(self.statuses)

        left = [orders[number] for number in waiting]
        for position, outcome in self.spread(left, moved) if left else ():
            outcomes[waiting[position]] = outcome
            _note(mine[waiting[position]], outcome)
            self.shown(self.statuses)
            if outcome.kind != "interrupted":
                ended(outcomes)
        stopped = any(outcome.kind == "interrupted" for outcome in outcomes.values())
        if stopped or len(outcomes) < len(orders):
            raise KeyboardInterrupt
        return outcomes

    def _statuses_of(self, orders: Sequence[Order]) -> list[Status]:
        by_label = {status.label: status for status in self.statuses}
        return [by_label[order.label] for order in orders]


def _note(status: Status, outcome: Outcome) -> None:
    status.state = outcome.kind
    status.reason = outcome.reason
    document = outcome.document or {}
    status.accuracy_percent = document.get(
        "accuracy_percent", document.get("validation_accuracy_percent")
    )
