"""The table of all update schemes, from what they declare; `python -m archsim.studies.scheme_table`
prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from archsim.schemes import list_schemes, load_scheme
from archsim.schemes.base import Scheme
from archsim.trace import build_trace
from archsim.trace.lower import lower
from archsim.trace.operation import OFF_TILES, Operation, Trace
from workloads import load_network

LAYER = "conv1"  # of the network digits_cnn: a layer with several vectors an image
HEAD = (
    "scheme",
    "source",
    "device",
    "suggested",
    "counted in a training step, and once before it",
    "digital words a weight",
    "assumed until measured",
)


def scheme_table() -> str:
    """Markdown: one row a scheme, with its default settings."""
    rows = [HEAD, ("---",) * len(HEAD)] + [_row(load_scheme(name)) for name in list_schemes()]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
        + "\n"
    )


def _row(scheme: Scheme) -> tuple[str, ...]:
    trace = build_trace(load_network("digits_cnn"), scheme, "training", 1)
    variants = ", ".join(f"`{name}`" for name in type(scheme).variants)
    return (
        f"`{scheme.name}`: {scheme.title}" + (f" (also tested: {variants})" if variants else ""),
        scheme.source,
        f"`{scheme.device}`" if scheme.device else "the chip's",
        _suggested(scheme),
        _counted(scheme, trace),
        _words(trace),
        "; ".join(_assumed(trace)) or "nothing",
    )


def _suggested(scheme: Scheme) -> str:
    words = {"learning_rate": "rate", "batch": "mini-batch", "initial_scale": "first weights ×"}
    suggestions = [f"{words[name]} {value:.4g}" for name, value in scheme.suggested.items()]
    return ", ".join([*suggestions, f"digits: {scheme.practice.get('epochs', 3)} epochs"])


def _counted(scheme: Scheme, trace: Trace) -> str:
    backward = [op for op in trace.image_operations if op.phase == "backward" and op.layer != LAYER]
    parts = [
        "backward: transposed reads"
        if any(op.kind == "read_transposed" for op in backward)
        else "backward: vector unit"
    ]
    for when, operations in (
        ("an image", trace.image_operations),
        ("a mini-batch", trace.batch_operations),
    ):
        done = list(dict.fromkeys(_action(op) for op in _updates(operations)))
        work = sorted({action for op in _updates(operations) for action in op.vector_work})
        units = sorted({name.split(".")[0] for op in _updates(operations) for name in op.unit_work})
        done += [f"vector unit ({', '.join(work)})"] if work else []
        done += [f"units of its own ({', '.join(units)})"] if units else []
        parts += [f"{when}: {', '.join(filter(None, done))}"] if done else []
    once = list(
        dict.fromkeys(
            _action(op)
            # Needed before the first image (zero shifts, first programming), so in no step.
            for op in scheme.setup_operations(lower(load_network("digits_cnn")))
            if op.layer == LAYER
        )
    )
    return "; ".join([*parts, f"once, apart: {', '.join(filter(None, once))}"])


def _updates(operations: Iterable[Operation]) -> list[Operation]:
    return [op for op in operations if op.phase == "update" and op.layer == LAYER]


def _array_name(operation: Operation) -> str:
    _, dot, further = operation.matrix_name.partition(".")
    return f"{further.split('.')[0]} array" if dot else "weights"


def _action(operation: Operation) -> str:
    """What an operation does to arrays; "" for one that works off the tiles."""
    if operation.kind in OFF_TILES:
        return ""
    if operation.kind == "write":
        return (
            f"{'verified' if operation.activity.verify_reads else 'blind'} writes of the "
            f"{_array_name(operation)}"
        )
    if operation.kind == "pulse_update":
        return f"{'random pulse trains' if operation.random else 'pulses'} on the {_array_name(operation)}"
    return f"{'reads of a line' if operation.lines else 'reads'} of the {_array_name(operation)}"


def _assumed(trace: Trace) -> list[str]:
    """What the activity of the update's operations says before a training has measured it."""
    assumptions = []
    for op in _updates(trace.image_operations + trace.batch_operations):
        activity = op.activity
        if op.kind == "write":
            pulses = (
                f"{activity.write_pulses:g} pulses"
                if activity.write_pulses
                else "pulses of the chip"
            )
            assumptions.append(
                f"{_array_name(op)}: {activity.devices_written:.3g} of the devices written, {pulses} each"
            )
        elif op.kind == "pulse_update":
            slots = (
                f"{activity.train_length:g} slots"
                if activity.train_length
                else "trains of the chip's length"
            )
            assumptions.append(
                f"{_array_name(op)}: {activity.coincidences:g} coincidences a device and vector, {slots}"
            )
    return assumptions


def _words(trace: Trace) -> str:
    # Further arrays (fast, reference) have a dot in their name: words are told a weight.
    weights = sum(matrix.trained for matrix in trace.matrices if "." not in matrix.layer)
    words_a_weight = {name: words / weights for name, words in trace.state_words.items()}
    return ", ".join(f"{name} {words:.2g}" for name, words in words_a_weight.items()) or "none"


def main() -> int:
    """Print the table."""
    print(scheme_table(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
