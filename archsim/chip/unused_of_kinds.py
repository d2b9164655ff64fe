"""What kinds of cores say otherwise than the chip, and no run reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archsim.basics.fields import changed_fields
from archsim.chip.blocks.base import Acts
from archsim.chip.config import Architecture
from archsim.chip.usage import Usage


def unused_of_kinds(run: Usage, conditions: Mapping[str, Acts]) -> dict[str, str]:
    """Fields of kinds that are set and do not act, each with the reason.

    Args:
        run: of a chip.
        conditions: by field of the chip when it acts; a kind's field acts when that of a chip of
            such cores would, with the layers that lie on them.
    """
    built = run.built
    unused = _overruled(built.chip)
    for name, kind in built.chip.core.kinds.items():
        # of a chip of such cores, all of which are alike
        layers = {
            layer: replace(own, kind="")
            for layer, own in built.placement.layers.items()
            if own.kind == name
        }
        own_run = Usage(
            replace(
                built,
                chip=built.chip.of_kind(name),
                placement=replace(built.placement, layers=layers),
            ),
            run.timed,
            run.data,
        )
        for section, field, _ in kind.changes():
            path = f"core.kinds.{name}.{section}.{field}"
            acts = conditions.get(f"{section}.{field}")
            if not layers and not built.placement.core_kinds.count(name):
                unused[path] = "no core is of this kind"
            elif acts is not None and not acts.condition(own_run):
                unused[path] = acts.otherwise
    return unused


def _overruled(chip: Architecture) -> dict[str, str]:
    """Fields of the chip that every kind of its cores says otherwise."""
    said = [
        {f"{section}.{field}" for section, field, _ in kind.changes()}
        for kind in chip.core.kinds.values()
    ]
    if not said:
        return {}
    everywhere = set.intersection(*said)
    return {
        path: "every kind of cores says it itself"
        for path in changed_fields(chip, leave_out=("components", "schema_"))
        if path in everywhere
    }
