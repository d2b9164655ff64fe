"""A training step: forward, the error's way back, updates, in the order of the network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from archsim.operators.vocabulary import operator_of
from archsim.trace.building_blocks.setup import initial_weights
from archsim.trace.building_blocks.update import bias_step, bias_write
from archsim.trace.forward import forward, forward_digital
from archsim.trace.kept_words import batch_words, image_words
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from archsim.trace.rule import StepRule
from archsim.trace.shared_weights import on_shared_arrays, readers_of, with_all_vectors


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Operations of an image, once a batch, and once before the first image."""

    images: list[Operation]
    batches: list[Operation]
    setup: list[Operation]


def training_step(stages: list[Stage], rule: StepRule, batch: int) -> TrainingStep:
    """The operations of a step by an update rule, with what each waits for."""
    readers = readers_of(stages)
    shared = {name for name, own in readers.items() if len(own) > 1}
    whole = {stage.name: stage for stage in with_all_vectors(stages)}
    images = [_forward(stage, rule, shared) for stage in stages]
    backward, errors = _backward(stages, rule, shared)
    updates: list[Operation] = []
    batches: list[Operation] = []
    # Errors arrive from the end of the network, so its last layer can be updated first.
    for stage in reversed(stages):
        # An update needs the error and the input of its layer, which is what its forward pass read.
        known = errors[stage.name] + (f"{stage.name}.forward",)
        updates += [replace(item, after=known) for item in image_words(stage, rule)]
        batches += batch_words(stage, rule)
        if not stage.on_array or stage.frozen or stage.head.shares:
            continue
        # Where several layers read its weights, it needs those of all.
        known = tuple(
            dict.fromkeys(
                name
                for reader in readers[stage.name]
                for name in (*errors[reader.name], f"{reader.name}.forward")
            )
        )
        stage = whole[stage.name]
        updates += [
            replace(operation, after=known + operation.after)
            for operation in rule.image_update(stage)
        ]
        if stage.biases_apart:
            updates.append(replace(bias_step(stage), after=known))
        once = rule.batch_update(stage, batch)
        if stage.bias_words and stage.biases_beside:
            once = [*once, bias_write(stage)]
        batches += _chain(once, ())
    setup = _in_turn(_setup(list(whole.values()), rule))
    return TrainingStep(images + backward + updates, batches, setup)


def _forward(stage: Stage, rule: StepRule, shared: Collection[str]) -> Operation:
    operation = forward(stage)
    if not stage.on_array:
        return operation
    operation = rule.forward(stage, operation)
    if (stage.head.shares or stage.name) not in shared:
        return operation
    return on_shared_arrays(operation, stage, back=False)


def _setup(stages: list[Stage], rule: StepRule) -> list[Operation]:
    """What is done before the first image; frozen weights are programmed as those of an inference."""
    trained = [stage for stage in stages if not stage.frozen]
    frozen = [stage for stage in stages if stage.frozen and rule.weights_matrix(stage) is not None]
    return [*rule.setup_operations(trained), *map(initial_weights, frozen)]


def _learning(stages: list[Stage]) -> dict[str, bool]:
    """By stage whether it, or one below it, trains: an error is taken back only to such ones.

    Where nothing is frozen all are: what trains is then known when the step is built, not before.
    """
    if not any(layer.frozen for stage in stages for layer in stage.layers):
        return dict.fromkeys((stage.name for stage in stages), True)
    learning: dict[str, bool] = {}
    for stage in stages:
        learning[stage.name] = stage.trains or any(learning[name] for name in stage.sources)
    return learning


def _backward(
    stages: list[Stage], rule: StepRule, shared: Collection[str]
) -> tuple[list[Operation], dict[str, tuple[str, ...]]]:
    """The operations of the way back, and by stage those whose end delivers the error at its input
    (for a first layer: at its output).
    """
    consumers: dict[str, list[str]] = {stage.name: [] for stage in stages}
    for stage in stages:
        for source in stage.sources:
            consumers[source].append(stage.name)
    learning = _learning(stages)
    operations: list[Operation] = []
    delivers: dict[str, tuple[str, ...]] = {}
    for stage in reversed(stages):
        # A value that several layers read gets the sum of their errors: all of them must be there.
        arriving = tuple(
            dict.fromkeys(name for above in consumers[stage.name] for name in delivers[above])
        )
        # Nobody reads the last stage: its own output begins the way back.
        first = not any(learning[name] for name in stage.sources)
        taken = _of_stage(stage, rule, first) if learning[stage.name] else []
        if (stage.head.shares or stage.name) in shared:
            taken = [on_shared_arrays(item, stage, back=True) for item in taken]
        own = _chain(taken, arriving or (f"{stage.name}.forward",))
        operations += own
        last = (own[-1].name,) if own else arriving or (f"{stage.name}.forward",)
        delivers[stage.name] = last
    return operations, delivers


def _of_stage(stage: Stage, rule: StepRule, first: bool) -> list[Operation]:
    """What takes the error back through a stage, once for each part of the output's error; `first`:
    to none below it.
    """
    if rule.output_errors > 1 and stage.in_loss and stage.fused:
        # its parts are target and softmax as they are: no subtraction
        stage = replace(stage, fused=stage.fused[:-1], in_loss=False)
    operations = rule.backward(stage, first=first) if stage.on_array else _digital_backward(stage)
    return [
        replace(operation, name=operation.name + "_second" * part)
        for part in range(rule.output_errors)
        for operation in operations
    ]


def _digital_backward(stage: Stage) -> list[Operation]:
    """The way back through a digital stage: what came out goes in; none where it costs no work."""
    work = stage.backward_work()
    if not work:
        return []
    shape = forward_digital(stage)
    read = operator_of(stage.head).words_read(stage.head) / shape.steps
    return [
        replace(
            shape,
            name=f"{stage.name}.backward",
            phase="backward",
            vector_work={action: count / stage.steps for action, count in work.items()},
            window=None,
            pools=(),
            # Turned around: errors of what came out go in.
            input_elements=shape.output_elements + read,
            output_elements=shape.input_elements - read,
            steps_per_row=0,
            mask_bits=stage.mask_bits() / shape.steps,
            products=operator_of(stage.head).products_back(stage.head),
        )
    ]


def _chain(operations: list[Operation], first: tuple[str, ...]) -> list[Operation]:
    """Each operation after the one before it, the first one after those named."""
    chained: list[Operation] = []
    for operation in operations:
        chained.append(replace(operation, after=first))
        first = (operation.name,)
    return chained


def _in_turn(operations: list[Operation]) -> list[Operation]:
    """Each operation of the setup after the one before it on the same layer."""
    last: dict[str, tuple[str, ...]] = {}
    in_turn = []
    for operation in operations:
        in_turn.append(replace(operation, phase="setup", after=last.get(operation.layer, ())))
        # Layers are set up side by side, the steps of one in turn: its symmetry point must be
        # reached before it is copied.
        last[operation.layer] = (operation.name,)
    return in_turn
