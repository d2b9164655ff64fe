"""Schemes side by side while they train: a line a scheme at work, one for all, and one that stays
for each that has ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_ENDED = ("done", "refused", "lost")


@contextlib.contextmanager
def watch_schemes(console) -> Iterator[Callable[[Sequence[Any]], None]]:
    """Gives a function that shows the statuses of a comparison (label, state, now,
    accuracy_percent, reason) on a rich console.

    On a terminal the schemes at work move; elsewhere only the lines of ended ones are written.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.fields[label]}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    tasks = {}
    told = set()
    # No total before the first statuses: how many schemes there are is not known here.
    whole = bar.add_task("", total=None, label="all")

    def show(statuses: Sequence[Any]) -> None:
        for status in statuses:
            if status.state == "running":
                if status.label not in tasks:
                    tasks[status.label] = bar.add_task("", total=1.0, label=status.label)
                bar.update(
                    tasks[status.label], completed=share_done(status), description=describe(status)
                )
            # Lines of ended schemes go: a terminal has fewer lines than a comparison has schemes.
            elif status.label in tasks:
                bar.remove_task(tasks.pop(status.label))
            if status.state in _ENDED and status.label not in told:
                told.add(status.label)
                bar.console.print(f"{status.label}: {describe(status)}")
        ended = sum(status.state in _ENDED for status in statuses)
        bar.update(
            whole,
            completed=sum(map(share_done, statuses)),
            total=len(statuses),
            description=f"{ended} of {len(statuses)} schemes",
        )

    with bar:
        yield show


def share_done(status: Any) -> float:
    """How much of a scheme's training is done, 0 to 1."""
    if status.state in _ENDED:
        return 1.0
    now = status.now
    return (
        # Epochs count from one; the one at work counts by its images.
        (now["epoch"] - 1 + now["images"] / now["images_per_epoch"]) / now["epochs"] if now else 0.0
    )


def describe(status: Any) -> str:
    """Where a scheme is, in words."""
    if status.state == "done":
        return "done" if status.accuracy_percent is None else f"{status.accuracy_percent:.2f} %"
    if status.state in ("refused", "lost"):
        return f"not run: {status.reason}"
    now = status.now
    if not now:
        return "loading; kernels are compiled once and kept on disk"
    return (
        f"epoch {now['epoch']} of {now['epochs']}, {now['images_per_second']:,.0f} images/s, "
        f"running error {now['running_error_percent']:.2f} %"
    )
