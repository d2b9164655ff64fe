"""What a call of `simulate` means: which chip, which step of which network, and what is to be said of
that; the chip built for it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archsim.chip import load_architecture
from archsim.chip.built import BuiltChip, build_chip
from archsim.chip.record import chip_of_record, differences
from archsim.chip.standard import STANDARD_CHIP
from archsim.chip.step_on_chip import step_on
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.trace import Trace
from workloads.load import load_network
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme

    NetworkLike: TypeAlias = str | Path | Network | Trace
    ChipLike: TypeAlias = str | Path | Architecture | None
    SchemeLike: TypeAlias = str | Scheme | None

_SHOWN = 5


class PreparedRun(NamedTuple):
    """A chip ready to run: the network where it came as one, and notes on what the trace was
    recorded on.
    """

    built: BuiltChip
    network: Network | None
    notes: list[str]


def build_for(
    network: NetworkLike,
    chip: ChipLike,
    scheme: SchemeLike,
    phase: str,
    batch: int,
    images: int | None,
    node_nm: float | None,
    activity: str | Path | None = None,
) -> PreparedRun:
    """The built chip of a call of `simulate`.

    Raises:
        InputError: for the first thing that does not fit.
    """
    trace, net = _trace_of(network, scheme, phase, batch, chip)
    if activity is not None:
        from archsim.trace.activity_file import with_activity_file

        trace = with_activity_file(trace, activity)
    on_chip, recorded = chip_for(trace, chip)
    # a recorded trace says with which settings; a scheme that came as an object has its own
    if trace.scheme and not hasattr(scheme, "parts"):
        rule: Scheme | None = load_scheme(trace.scheme, trace.scheme_settings)
    else:
        rule = load_scheme(scheme) if scheme is not None else None
    recorded += _bias_notes(trace, on_chip, rule)
    return PreparedRun(build_chip(trace, on_chip, rule, images, node_nm), net, recorded)


def _bias_notes(trace: Trace, chip: Architecture, rule: Scheme | None) -> list[str]:
    """A note where a recorded step has its biases on lines of the arrays and the chip has them as
    words: what moves those is in no operation.
    """
    if trace.phase != "training" or rule is None or rule.trains_biases:
        return []
    if chip.weights.bias == "row" or not any(matrix.bias for matrix in trace.matrices):
        return []
    return [
        f"the trace was written for biases on lines of the arrays, {chip.name} holds them as digital "
        "words (weights.bias): what updates those is not in the price"
    ]


def chip_for(
    trace: Trace, chip: str | Path | Architecture | None
) -> tuple[Architecture, list[str]]:
    """The chip of a run: the one named, the one that the trace was recorded on, or the standard one;
    and notes where those are not one and the same.

    Raises InputError for a chip that is not there or not allowed.
    """
    operations = trace.image_operations + trace.batch_operations
    measured = any(operation.activity.source == "measured" for operation in operations)
    if chip is None and trace.chip:
        return chip_of_record(trace.chip, trace.network), []
    named = load_architecture(standard_chip(trace.scheme) if chip is None else chip)
    if trace.chip is None:
        text = f"its source does not say on which chip the activity was measured; this run is on {named.name}"
        return named, [text] if measured else []
    changed = differences(trace.chip, named)
    if not changed:
        return named, []
    what = "its activity was measured on" if measured else "the trace was written for"
    if named.name == trace.chip["name"]:
        return named, [f"{what} the chip {named.name} with other settings: {', '.join(changed)}"]
    return named, [f"{what} the chip {trace.chip['name']}, this run is on {named.name}"]


def standard_chip(scheme: SchemeLike) -> str:
    """The chip where nobody names one: that of the update rule of a step, which may ask for its own.

    Raises InputError for an unknown rule.
    """
    return STANDARD_CHIP if scheme is None else load_scheme(scheme).default_chip


def _trace_of(
    network: NetworkLike, scheme: SchemeLike, phase: str, batch: int, chip: ChipLike
) -> tuple[Trace, Network | None]:
    if isinstance(network, str | Path) and str(network).lower().endswith(".json"):
        network = load_trace(network)
    if isinstance(network, Trace):
        return network, None
    net = network if isinstance(network, Network) else load_network(network)
    if phase == "decode":
        net = net.decoding()
    rule = load_scheme(scheme) if scheme is not None else None
    # a rule asks for a chip to be trained on, not for one to be read on
    standard = standard_chip(rule if phase == "training" else None)
    on_chip = load_architecture(standard if chip is None else chip)
    trace = step_on(on_chip, net, rule, phase, batch)
    if phase == "training" and rule is not None:
        trace = replace(trace, notes=(*trace.notes, *untrained_notes(net, rule)))
    return trace, net


def untrained_notes(network: Network, rule: Scheme) -> list[str]:
    """What of a training step is priced but cannot be trained: layers without a training kernel, a
    rule without an algorithm.
    """
    from archsim.training.trainable import untrainable

    notes = []
    lacking = untrainable(network)
    if lacking:
        shown = [f"{layer} ({what})" for layer, what in list(lacking.items())[:_SHOWN]]
        more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
        notes.append(f"priced only: `archsim train` has no kernel for {', '.join(shown)}{more}")
    if not rule.core:
        notes.append(f"priced only: the scheme {rule.name} has no training algorithm")
    return notes
