"""Build the trace of an inference or a training step: the stages of a network, in the order the
scheme wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archsim.operators.sizes import MatrixProduct
from archsim.operators.vocabulary import operator_of
from archsim.trace.forward import forward
from archsim.trace.fused_products import with_fused_products
from archsim.trace.kept_words import kept_words
from archsim.trace.lower import Stage, lower, matrices_of
from archsim.trace.operation import Trace
from archsim.trace.rule import StepRule
from archsim.trace.shared_weights import with_all_vectors
from archsim.trace.training_step import training_step
from archsim.trace.written_products import product_of, written_matrix, written_product
from hwlib.errors import InputError, unknown
from workloads.network import Network

MAX_BATCH = 1_000_000
TOKEN_PHASES = ("prefill", "decode")
"""Phases of a network that keeps keys and values for later tokens."""
STEP_PHASES = ("inference", "training", *TOKEN_PHASES)


def build_trace(
    network: Network,
    scheme: StepRule | None = None,
    phase: str = "inference",
    batch: int = 1,
    digital_biases: bool = False,
    attention: str = "digital",
) -> Trace:
    """The trace of one image (inference) or of a training step.

    Args:
        network: what is computed.
        scheme: the update rule of a training step; an inference needs none.
        phase: "inference" or "training"; "prefill" is an inference that keeps keys and values for
            later tokens, "decode" that of one token of a network read for it.
        batch: images of a training step.
        digital_biases: biases are words beside the arrays (a chip's `weights.bias`); of a training
            step, whose update rule may leave them alone.
        attention: "digital"; "fused": scores go on to the sum of values row by row; "arrays": the
            second operand of a product of two activations is written to arrays first (a chip's
            `execution.attention`).

    Returns:
        the operations in order, with assumed activity, and the matrices that they work on.

    Raises:
        InputError: for an unknown phase, one of tokens for a network that keeps nothing, a training
            step without an update rule, a batch that is no number of images, or a network with
            nothing to place on an array.
    """
    if phase not in STEP_PHASES:
        raise unknown("phase", phase, STEP_PHASES, where="phase")
    if not isinstance(batch, int) or isinstance(batch, bool) or not 1 <= batch <= MAX_BATCH:
        raise InputError(
            "not a whole number of images", where="batch", got=batch, allowed=f"1 to {MAX_BATCH}"
        )
    _check_tokens(network, phase)
    stages = lower(network)
    written: dict[str, MatrixProduct] = {}
    if attention != "digital":
        _refuse_training_of(attention, network, phase)
    if attention == "fused":
        stages = with_fused_products(stages)
    if attention == "arrays":
        written = {stage.name: item for stage in stages if (item := product_of(stage))}
    inference = _inference(network, stages, phase, batch, written)
    if phase != "training":
        return inference
    if scheme is None:
        raise InputError(
            "a training step needs an update rule",
            where="scheme",
            hint="name one with --scheme, see `archsim list schemes`",
        )
    # After the inference was made: an inference pays nothing of what a training keeps.
    stages = _learning(lower(network, trains=True), network)
    return _with_training(inference, stages, scheme, digital_biases)


def _inference(
    network: Network,
    stages: list[Stage],
    phase: str,
    batch: int,
    written: Mapping[str, MatrixProduct],
) -> Trace:
    """One image forwards; `written` are the products whose second operand goes onto arrays."""
    return Trace(
        network=network.name,
        scheme=None,
        phase=phase,
        batch=batch,
        matrices=(
            *matrices_of(stages),
            *(
                written_matrix(stage, written[stage.name])
                for stage in stages
                if stage.name in written
            ),
        ),
        image_operations=tuple(
            operation
            for stage in stages
            for operation in (
                written_product(stage, written[stage.name])
                if stage.name in written
                # keys and values that lie on arrays are kept there
                else (forward(stage, phase in TOKEN_PHASES and not written),)
            )
        ),
        input_elements=sum(operator_of(layer).fetched(layer) for layer in network.layers),
        notes=network.notes,
    )


def _learning(stages: list[Stage], network: Network) -> list[Stage]:
    """The stages as parts of a training step, the last of them perhaps part of its loss."""
    last = network.layers[-1]
    return [
        replace(stage, learns=True, in_loss=stage.last is last and operator_of(last).in_loss)
        for stage in stages
    ]


def _with_training(
    inference: Trace, stages: list[Stage], scheme: StepRule, digital_biases: bool
) -> Trace:
    """The step of a training: the way back and the update behind the way forward."""
    # A rule without arrays has all its words in memory anyway, biases among them.
    if digital_biases and not scheme.digital_baseline:
        # Three ways: the rule leaves biases alone (plain descent trains them), it trains them but
        # holds no copy (words of their own), or they are part of the copy that it keeps.
        apart = not scheme.trains_biases
        words = scheme.trains_biases and not scheme.keeps_biases
        stages = [
            replace(stage, bias_apart=apart, bias_words=words) if stage.on_array else stage
            for stage in stages
        ]
    kept = kept_words(stages, scheme)
    step = training_step(stages, scheme, inference.batch)
    # each matrix once, with the vectors of all layers that read it
    own = with_all_vectors(stages)
    owners = {stage.name: stage.head.shares or stage.name for stage in stages}
    biases = float(sum(stage.biases_beside for stage in own if stage.on_array))
    placed = [scheme.weights_matrix(stage) for stage in own if stage.on_array]
    # frozen weights have arrays, or memory, as those of an inference
    frozen = [stage for stage in own if stage.frozen]
    plain = {stage.name: stage.matrix for stage in frozen}
    weights = [plain.get(matrix.layer, matrix) for matrix in placed if matrix is not None]
    trained = [stage for stage in own if not stage.frozen]
    # a way back in the vector unit reads a digital copy, also of weights that lie on arrays
    back = [item for item in step.images if item.phase == "backward" and item.state_reads]
    copied = {owners.get(item.layer, item.layer) for item in back}
    on_arrays = {matrix.layer for matrix in weights}
    in_memory = sum(
        item.matrix.trained for item in frozen if item.name in copied or item.name not in on_arrays
    )
    return replace(
        inference,
        scheme=scheme.name,
        matrices=(*weights, *scheme.arrays(trained)),
        image_operations=tuple(step.images),
        batch_operations=tuple(step.batches),
        setup_operations=tuple(step.setup),
        activation_elements=sum(stage.output_elements for stage in stages),
        state_words=scheme.state_words(trained)
        | ({"frozen weights": float(in_memory)} if in_memory else {})
        | ({"biases": biases} if biases else {})
        | ({"layer words": kept} if kept else {}),
        notes=(*inference.notes, *scheme.remarks),
        scheme_settings=scheme.model_dump(mode="json"),
    )


def _refuse_training_of(attention: str, network: Network, phase: str) -> None:
    if phase == "training" and any(operator_of(item).products(item) for item in network.layers):
        raise InputError(
            "no error goes back through scores that are not kept, or operands on arrays",
            where=f"{network.name}: execution.attention",
            got=attention,
            hint="execution.attention=digital",
        )


def _check_tokens(network: Network, phase: str) -> None:
    """Refuse a phase that does not go with what the network keeps of earlier tokens."""
    if phase not in TOKEN_PHASES:
        if network.held is not None:
            raise InputError(
                "the network was read for one token behind others",
                where="phase",
                got=phase,
                allowed="decode",
            )
        return
    if network.sequence is None:
        raise InputError(
            "no layer of the network keeps keys and values for later tokens",
            where=f"{network.name}: phase",
            got=phase,
            hint="inference reads all tokens at once; a file says what is kept with layers of the "
            "operator kv_cache, as that of gpt2_small",
        )
    if (phase == "decode") != (network.held is not None):
        raise InputError(
            "decoding is that of one token" if phase == "decode" else "one token is decoded",
            where=f"{network.name}: phase",
            got=phase,
            hint="give the network that network.decoding(cache=N) returns",
        )
