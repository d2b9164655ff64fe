"""Settings of an update rule without which a run is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from archsim.basics.fields import changed_fields
from archsim.chip.step_on_chip import step_on
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    from archsim.chip.built import BuiltChip
    from archsim.schemes.base import Scheme
    from workloads.network import Network


def idle_settings(built: BuiltChip, network: Network, timed: bool) -> Iterator[str]:
    """Settings of the update rule without which the step and the parts are the same."""
    rule = built.rule
    if rule is None:
        return

    def step(rule: Scheme) -> Trace:
        # the settings that a trace records are no part of what it does
        return replace(
            step_on(built.chip, network, rule, built.trace.phase, built.trace.batch),
            scheme_settings=built.trace.scheme_settings,
        )

    changed = [name for name in changed_fields(rule) if name not in rule.unused]
    if not changed:
        return
    whole = step(rule)
    for name in changed:
        plain = rule.model_copy(
            update={name: type(rule).model_fields[name].get_default(call_default_factory=True)}
        )
        other = step(plain)
        if other == whole:
            if plain.parts(built.chip) == rule.parts(built.chip):
                yield name
        elif (
            not timed
            and whole == built.trace
            and other.state_words == whole.state_words
            and _counts_as(other, plain, built)
        ):
            yield name


def _counts_as(trace: Trace, rule: Scheme, built: BuiltChip) -> bool:
    """Whether a trace that takes another time is counted as the one of a built chip."""
    from archsim.chip.built import build_chip

    other = build_chip(trace, built.chip, rule, built.images, built.node_nm)
    return (other.counts, other.once_counts, other.parts) == (
        built.counts,
        built.once_counts,
        built.parts,
    )
