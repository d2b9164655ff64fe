"""A progress bar for long runs: nothing for short ones, nothing where nobody watches."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_PATIENCE = 0.5  # seconds before a bar appears
_PAUSE = 0.05  # seconds between two movements of the bar: calls in between cost next to nothing


@contextlib.contextmanager
def make_progress(console: Console) -> Iterator[Callable[..., None] | None]:
    """Gives a function progress(done, total, text="") that moves a bar on a rich console; None
    where it is no terminal.

    The bar appears after half a second and leaves nothing behind; `total` None means that the end
    is not known.
    """
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("simulating", total=None)
    due = time.monotonic() + _PATIENCE

    def progress(done: float, total: float | None, text: str = "") -> None:
        nonlocal due
        now = time.monotonic()
        if now < due:
            return
        due = now + _PAUSE
        # Here and not before: a run that ends within the patience never shows a bar.
        bar.start()
        bar.update(task, completed=done, total=total, description=text or None)

    try:
        yield progress
    finally:
        bar.stop()
