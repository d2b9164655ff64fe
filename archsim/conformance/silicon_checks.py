"""Checks of what an update rule says of its silicon: parts, actions, backward reads."""

from __future__ import annotations

from archsim.conformance.cases import IMAGES, Case, fitting_chip
from archsim.conformance.trials import require, trained_and_simulated

LAYERS = {"conv1", "fc"}
"""Array layers of the network `digits_cnn`, on which the battery runs."""


def declares_parts_that_exist(case: Case) -> None:
    """The parts it adds are parts of hwlib in known roles, and its trace has matrices of array
    layers only.
    """
    from archsim.chip.component_settings import ComponentSettings
    from archsim.chip.components import build_inventory
    from archsim.chip.roles import ROLES
    from archsim.trace import build_trace
    from hwlib import PARTS
    from workloads import load_network

    chip = fitting_chip(case)
    scheme = case.scheme
    parts = scheme.parts(chip)
    for role, entry in parts.items():
        require(role in ROLES, f"unknown role '{role}'")
        part = ComponentSettings.model_validate(entry).part
        require(part in PARTS, f"hwlib has no part '{part}'")
    # A part in a role that this chip doesn't ask for would be declared and never priced.
    missing = set(parts) - {component.name for component in build_inventory(chip, 4, extra=parts)}
    require(not missing, f"parts that do not reach the chip: {sorted(missing)}")
    matrices = {
        matrix.layer
        for matrix in build_trace(load_network("digits_cnn"), scheme, "training").matrices
    }
    # The baseline has no arrays, so none of its layers needs a matrix.
    placed = set() if scheme.digital_baseline else LAYERS
    require(
        matrices >= placed and all(matrix.split(".")[0] in LAYERS for matrix in matrices),
        f"matrices of no layer: {sorted(matrices)}",
    )


def counts_the_actions_it_performed(case: Case) -> None:
    """The ledger of a step with measured activity counts, by layer, what the algorithm says it did."""
    from archsim.training.recorder import performed as performed_by

    machine, result = trained_and_simulated(case)
    counted: dict[tuple, float] = {}
    for row in result.ledger:
        # Only the update is the scheme's own; reads are the core's and checked elsewhere.
        if row["phase"] == "update":
            key = row["layer"], row["component"], row["action"]
            counted[key] = counted.get(key, 0) + row["count"]
    performed = {
        (layer, *action): count
        for layer, done in zip(machine.program.names, performed_by(machine))
        for action, count in done.actions.items()
    }
    require(
        {layer for layer, _, _ in performed} == LAYERS,
        "the algorithm counts no actions in some layer",
    )
    for key, count in performed.items():
        got = counted.get(key, 0)
        require(
            # Counts are whole, but the measured ones pass through means an image.
            abs(got - count) <= 1e-6 * abs(count),
            f"{' '.join(key)}: the chip counts {got:g}, the algorithm {count:g}",
        )


def reads_the_arrays_backwards_as_often_as_declared(case: Case) -> None:
    """Errors that training takes back through an array are the transposed reads of the trace, one
    by one.
    """
    from archsim.kernels.tile_records import VECTORS
    from archsim.run.step_trace import step_trace
    from workloads import load_network

    machine, result = trained_and_simulated(case)
    trace = step_trace(load_network("digits_cnn"), case.scheme, machine.settings)
    rows = {
        row["layer"]: row["tile_operations"]
        for row in result.by_layer
        if row["phase"] == "backward"
    }
    for index, layer in enumerate(machine.program.names):
        # off the arrays a product is no read
        reads = 0 if case.scheme.digital_baseline else int(machine.totals[index, 1, VECTORS])
        declared = IMAGES * sum(
            op.steps
            # Three sources that know nothing of each other: the training counts, the trace
            # declares, the chip prices.
            for op in trace.image_operations
            if op.layer == layer and op.kind == "read_transposed"
        )
        require(
            reads == declared == rows.get(layer, 0),
            f"{layer}: training reads {reads} times, the trace {declared}, the chip {rows.get(layer, 0)}",
        )
