"""Two products of activations in one stage: the scores of a query go on to its softmax and its sum of
values, and no map of them is kept.
"""

from __future__ import annotations

from dataclasses import replace

from archsim.operators.vocabulary import operator_of
from archsim.trace.lower import Stage


def with_fused_products(stages: list[Stage]) -> list[Stage]:
    """The stages with every product that reads the rows of another, and alone, joined to it.

    Args:
        stages: in topological order.

    Returns:
        the stages in the place of the later one of each two, since its second operand is there then;
        those that read it read the joined one.
    """
    kept: dict[str, Stage] = {}
    renamed: dict[str, str] = {}
    for stage in stages:
        # In order and once each: a stage may have read both that are one now.
        sources = list(dict.fromkeys(renamed.get(name, name) for name in stage.sources))
        stage = replace(stage, sources=sources)
        ahead = _rows_from(stage, kept, stages)
        if ahead is not None:
            del kept[ahead.name]
            renamed[stage.name] = ahead.name
            stage = _joined(ahead, stage)
        kept[stage.name] = stage
    return list(kept.values())


def _rows_from(stage: Stage, kept: dict[str, Stage], stages: list[Stage]) -> Stage | None:
    """The stage whose rows the product of this one reads, where nobody else reads them."""
    if stage.on_array or not operator_of(stage.head).products(stage.head):
        return None
    ahead = next((item for item in kept.values() if item.last.name == stage.head.inputs[0]), None)
    if ahead is None or ahead.on_array or not operator_of(ahead.head).products(ahead.head):
        return None
    # Rows that somebody else reads too must be kept, so nothing would be won.
    readers = [item for item in stages if ahead.name in item.sources]
    return ahead if len(readers) == 1 else None


def _joined(ahead: Stage, stage: Stage) -> Stage:
    others = [name for name in stage.sources if name != ahead.name]
    rows = ahead.last.output_elements
    return replace(
        ahead,
        sources=list(dict.fromkeys((*ahead.sources, *others))),
        fused=[*ahead.fused, stage.head, *stage.fused],
        # The scores never leave the unit: of the second product's inputs only its other operand is
        # fetched.
        beside=ahead.beside + stage.beside + stage.head.input_elements - rows,
        kept=ahead.kept + stage.kept,
        cached=ahead.cached + stage.cached,
        recalled=ahead.recalled + stage.recalled,
    )
