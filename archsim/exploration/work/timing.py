"""The lean path of a timed point: the same events, counts and prices as `simulate`, without its
document.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archsim.cost.estimate import price_run
from archsim.exploration.space.keys import key_of
from archsim.exploration.work.metrics import read_metric
from archsim.exploration.work.pricing import (
    ELSEWHERE,
    built_of,
    estimate_metrics,
    refused_as_by_run,
)
from archsim.ledger.ledger import Ledger
from archsim.run.run_facts import numbers_of

if TYPE_CHECKING:
    from archsim.exploration.space.design import RunnableDesign


def time_point(
    design: Mapping[str, Any], metrics: Sequence[str]
) -> tuple[list[float | int | None], dict[str, Any]]:
    """Simulate a design.

    Args:
        design: words and settings.
        metrics: names of the numbers that are asked for.

    Returns:
        the metrics, None for what a run has not; and what the store keeps besides: which work it
        was, and the counts of its run by component and action, to be priced again.

    Raises:
        InputError: for a design that is not allowed, as `archsim run` would.
        RuntimeError: where work was lost.
    """
    from archsim.soc.collect import ledger_of_machine
    from archsim.soc.facts import machine_facts
    from archsim.soc.run_built import run_step

    step, built = built_of(design)
    with refused_as_by_run(step.chip):
        built.check_time()
    machine = run_step(built)
    measured = machine_facts(machine)
    ledger = built.priced(ledger_of_machine(machine))[0]
    estimate = price_run(
        built.parts,
        ledger,
        node_nm=built.node_nm,
        clock_mhz=built.chip.clock_mhz,
        cycles=machine.end,
        images=step.images,
    )
    seconds = estimate.seconds
    run: dict[str, Any] = {
        **numbers_of(built, measured),
        "latency_s": seconds,
        "latency_per_image_s": None if seconds is None else seconds / built.images,
    }
    numbers = estimate_metrics(estimate, metrics, run)
    if any(number is ELSEWHERE for number in numbers):
        document = _document(step)
        numbers = [
            read_metric(document, name) if number is ELSEWHERE else number
            for name, number in zip(metrics, numbers)
        ]
    kept = {**run, "ledger": _counts(ledger)}
    return numbers, {"work": key_of(design, node=False), "run": kept}


def _counts(ledger: Ledger) -> list[list[Any]]:
    """The counts summed over layers and phases, as [component, action, count]."""
    counts: dict[tuple[str, str], list[float]] = {}
    for (component, action, _, _), count in ledger.items():
        counts.setdefault((component, action), []).append(count)
    return [[component, action, math.fsum(items)] for (component, action), items in counts.items()]


def _document(step: RunnableDesign) -> Mapping[str, Any]:
    """The whole result, for numbers of layers and phases."""
    from archsim.run.simulation import simulate

    result = simulate(step.trace, step.chip, scheme=step.rule, images=step.images, setup=False)
    return result.to_dict()
