"""Build the trace of an inference or a training step: the stages of a network, in the order the
scheme wants.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archsim.operators.vocabulary import operator_of
from archsim.trace.lower import Stage, lower, matrices_of
from archsim.trace.operation import Operation, Trace
from hwlib.errors import InputError
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme

MAX_BATCH = 1_000_000


def build_trace(
    network: Network, scheme: Scheme | None = None, phase: str = "inference", batch: int = 1
) -> Trace:
    """The trace of one image (inference) or of a training step with `batch` images.

    Raises InputError for an unknown phase, a training step without a scheme, or a batch below one.
    """
    if phase not in ("inference", "training"):
        raise InputError(
            "unknown phase", where="phase", got=phase, allowed=("inference", "training")
        )
    if not isinstance(batch, int) or isinstance(batch, bool) or not 1 <= batch <= MAX_BATCH:
        raise InputError(
            "not a whole number of images", where="batch", got=batch, allowed=f"1 to {MAX_BATCH}"
        )
    if phase == "training" and scheme is None:
        raise InputError(
            "a training step needs an update rule",
            where="scheme",
            hint="name one with --scheme, see `archsim list schemes`",
        )
    stages = lower(network)
    matrices = matrices_of(stages)
    forward = [_forward(stage) for stage in stages]
    images = list(forward)
    batches = []
    setup = []
    if phase == "training":
        _refuse_shared_weights(network)
        images = [scheme.forward_read(op) if op.kind == "read" else op for op in forward]
        backward, updates, batches = _training(stages, scheme, batch)
        images += backward + updates
        setup = _in_turn(scheme.setup_operations(stages))
        matrices = [
            scheme.weights_matrix(stage) for stage in stages if stage.on_array
        ] + scheme.arrays(stages)
    kept = sum(s.output_elements for s in stages) if phase == "training" else 0
    return Trace(
        network=network.name,
        scheme=scheme.name if scheme and phase == "training" else None,
        phase=phase,
        batch=batch,
        matrices=tuple(matrices),
        image_operations=tuple(images),
        batch_operations=tuple(batches),
        setup_operations=tuple(setup),
        input_elements=network.layers[0].output_elements,
        activation_elements=kept,
        state_words=scheme.state_words(stages) if phase == "training" else {},
        notes=(*network.notes, *(scheme.remarks if phase == "training" else ())),
        scheme_settings=scheme.model_dump(mode="json") if phase == "training" else {},
    )


def _refuse_shared_weights(network: Network) -> None:
    shared = next((layer for layer in network.array_layers if layer.shares), None)
    if shared is not None:
        raise InputError(
            "a training step with weights that several layers share is not modelled",
            where=f"{network.name}: {shared.name}",
            got=f"the weights of '{shared.shares}'",
            hint="its inference can be simulated; to train it, give every layer weights of its own",
        )


def _in_turn(operations: list[Operation]) -> list[Operation]:
    """Each operation after the one before it on the same layer."""
    last: dict[str, tuple[str, ...]] = {}
    found = []
    for operation in operations:
        found.append(replace(operation, phase="setup", after=last.get(operation.layer, ())))
        last[operation.layer] = (operation.name,)
    return found


def _forward(stage: Stage) -> Operation:
    from archsim.trace.building_blocks import forward_digital, forward_read

    operation = forward_read(stage) if stage.on_array else forward_digital(stage)
    if stage.head.shares:  # the same tiles, from their columns where the layer reads the transpose
        operation = replace(
            operation,
            array=stage.head.shares,
            kind="read_transposed" if stage.head.transposed else "read",
        )
    return replace(operation, after=tuple(f"{source}.forward" for source in stage.sources))


def _training(
    stages: list[Stage], scheme: Scheme, batch: int
) -> tuple[list[Operation], list[Operation], list[Operation]]:
    from archsim.trace.building_blocks import forward_digital

    consumers: dict[str, list[str]] = {s.name: [] for s in stages}
    for stage in stages:
        for source in stage.sources:
            consumers[source].append(stage.name)
    backward: list[Operation] = []
    # stage -> operations whose end delivers the error at that stage's input
    delivers: dict[str, tuple[str, ...]] = {}
    errors: dict[str, tuple[str, ...]] = {}
    for stage in reversed(stages):
        arriving = tuple(dict.fromkeys(n for c in consumers[stage.name] for n in delivers[c])) or (
            f"{stage.name}.forward",
        )
        parts = scheme.output_errors
        # two parts of the output's error are target and softmax as they are: no subtraction
        stage = (
            stage
            if parts == 1
            else replace(
                stage, fused=[layer for layer in stage.fused if not operator_of(layer).in_loss]
            )
        )
        if stage.on_array:
            operations = scheme.backward(stage, first=not stage.sources)
        else:
            work = stage.backward_work()
            shape = forward_digital(stage)
            work = {action: count / stage.steps for action, count in work.items()}
            operations = (
                [
                    replace(
                        shape,
                        name=f"{stage.name}.backward",
                        phase="backward",
                        vector_work=work,
                        window=None,
                        pools=(),
                        input_elements=shape.output_elements,
                        output_elements=shape.input_elements,
                        steps_per_row=0,
                    )
                ]
                if work
                else []
            )
        for operation in [
            replace(item, name=item.name + "_second" * part)
            for part in range(parts)
            for item in operations
        ]:
            operation = replace(operation, after=arriving)
            arriving = (operation.name,)
            backward.append(operation)
        delivers[stage.name] = errors[stage.name] = arriving
    updates, batches = [], []
    for stage in reversed([s for s in stages if s.on_array]):
        for operation in scheme.image_update(stage):
            updates.append(
                replace(
                    operation,
                    after=errors[stage.name] + (f"{stage.name}.forward",) + operation.after,
                )
            )
        before: tuple[str, ...] = ()
        for operation in scheme.batch_update(stage, batch):
            batches.append(replace(operation, after=before))
            before = (operation.name,)
    return backward, updates, batches
