"""What the checks of a scheme share: a trial run, and the refusal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archsim.conformance.cases import IMAGES, Case, fitting_chip, trained_machine
from archsim.schemes.tuned import RATE

if TYPE_CHECKING:
    from archsim.run.result import Result
    from archsim.schemes.base import Scheme
    from archsim.schemes.rule import UpdateRule
    from archsim.training.machine import Machine


_TUNED_IMAGES = 64  # digits in which each tuned setting shows


class NotConforming(AssertionError):
    """A scheme does not do what it declares."""


def weights_differ(case: Case, path: str, ends: Sequence[object], rate: float) -> bool:
    """Whether a setting moves the weights of a short training at a rate."""
    import numpy as np

    quick = replace(case, practice={**case.practice, RATE.name: rate})
    one, other = (
        trained_machine(quick.with_setting(path, value), _TUNED_IMAGES).arrays.weights
        for value in ends
    )
    # A rate at the end of its range may well diverge. Two sets of NaN tell no difference.
    return not np.array_equal(one, other, equal_nan=True)


@contextmanager
def one_after_the_other(scheme: Scheme) -> Iterator[None]:
    """While every image passes all layers before the next, whatever the rule says of its layers."""
    kind = type(scheme)
    made = kind.rule

    def waiting(*arguments: Any) -> UpdateRule:
        rule = made(*arguments)
        rule.layers_apart = False  # type: ignore[misc]
        return rule

    if scheme.core != "own":
        yield
        return
    inherited = "rule" not in vars(kind)
    kind.rule = waiting  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        if inherited:
            del kind.rule
        else:
            kind.rule = made  # type: ignore[method-assign]


def trained_and_simulated(case: Case) -> tuple[Machine, Result]:
    """A trained machine and the simulation of the same images with the activity it measured."""
    from archsim.run.simulation import simulate
    from archsim.run.step_trace import step_trace
    from archsim.trace import with_activity
    from archsim.training.recorder import measured_activities
    from workloads import load_network

    machine = trained_machine(case)
    scheme = case.scheme
    trace = step_trace(load_network("digits_cnn"), scheme, machine.settings)
    activities = measured_activities(machine) if trace.matrices else {}
    return machine, simulate(
        # Counts alone are compared, and cycles cost time.
        with_activity(trace, activities),
        fitting_chip(case),
        scheme,
        images=IMAGES,
        timing=False,
    )


def require(condition: bool, message: str) -> None:
    if not condition:
        raise NotConforming(message)
