"""Digital words that layers without arrays keep in a training: scales, shifts, running statistics."""

from __future__ import annotations

from archsim.operators.digital_work import merge
from archsim.operators.vocabulary import operator_of
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from archsim.trace.rule import StepRule


def kept_words(stages: list[Stage], rule: StepRule) -> float:
    """Words of all layers, with gradients and what the optimiser keeps beside those it trains."""
    words = 0
    for stage in stages:
        for layer in stage.layers:
            own = operator_of(layer).words(layer)
            # Trained words have a gradient and what the optimiser keeps; statistics are kept once,
            # those of the way back for each error that goes back.
            trained = own.trained * (1 if layer.frozen else rule.layer_words)
            words += trained + own.forth + own.back * rule.output_errors
    return float(words)


def image_words(stage: Stage, rule: StepRule) -> list[Operation]:
    """What brings the words of a stage's layers up to date, once an image: statistics are read and
    written, gradients of trained words too.
    """
    return [
        _operation(
            stage,
            f"{layer.name}.statistics",
            operator_of(layer).words_work(layer, rule.output_errors),
            float(
                operator_of(layer).gradients_met(layer)
                + words.forth
                + words.back * rule.output_errors
            ),
        )
        for layer in stage.layers
        # Compared with the empty record: most layers keep nothing and get no operation.
        if not layer.frozen and (words := operator_of(layer).words(layer)) != type(words)()
    ]


def batch_words(stage: Stage, rule: StepRule) -> list[Operation]:
    """The optimiser over the trained words of a stage's layers, once a mini-batch."""
    return [
        _operation(
            stage,
            f"{layer.name}.words",
            merge(rule.layer_work, scale=operator_of(layer).words(layer).trained),
            float(operator_of(layer).words(layer).trained * rule.layer_words),
        )
        for layer in stage.layers
        if not layer.frozen and operator_of(layer).words(layer).trained
    ]


def _operation(stage: Stage, name: str, work: dict[str, float], words: float) -> Operation:
    """One step in the vector unit that reads and writes so many words of state."""
    return Operation(
        name=name,
        layer=stage.name,
        phase="update",
        kind="digital",
        steps=1,
        vector_work=work,
        state_reads=words,
        state_writes=words,
    )
