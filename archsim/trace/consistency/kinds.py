"""One operation by itself: its phase, its kind, and the fields that its kind reads."""

from __future__ import annotations

from typing import NamedTuple

from archsim.trace.consistency.common import READS, at_most
from archsim.trace.operation import Operation
from hwlib.errors import InputError

# Kinds that a phase cannot have: an array is programmed by updates, before the first image, and with
# an operand of a product ahead of its reads.
_NEVER: dict[str, tuple[str, ...]] = {
    "forward": ("read_transposed", "pulse_update"),
    "backward": ("pulse_update", "write"),
    "update": (),
    "setup": (),
}
_PHASES = {
    "image_operations": ("forward", "backward", "update"),
    "batch_operations": ("update",),
    "setup_operations": ("setup",),
}


class Only(NamedTuple):
    """A field that acts on some kinds only, with the value that leaves it out."""

    field: str
    unset: object
    kinds: tuple[str, ...]


_ONLY = (
    Only("lines", 0, (*READS, "pulse_update")),
    Only("against", None, READS),
    Only("random", True, ("pulse_update",)),
    Only("polarity_phases", 0, ("pulse_update",)),
)


def check_kind(operation: Operation, name: str, at: str) -> None:
    """The phase fits the list, the kind the phase, and no field is set that nothing would read."""
    allowed = _PHASES[name]
    if operation.phase not in allowed:
        raise InputError(
            f"not a phase of {name}", where=f"{at}.phase", got=operation.phase, allowed=allowed
        )
    # a layer with another's weights, read backwards
    tied = operation.kind == "read_transposed" and operation.array is not None
    if operation.kind in _NEVER[operation.phase] and not tied:
        raise InputError(
            f"the phase {operation.phase} has no such operation",
            where=f"{at}.kind",
            got=operation.kind,
        )
    if operation.every > 1 and name != "image_operations":
        raise InputError(
            "only an image operation is left out for some images",
            where=f"{at}.every",
            got=operation.every,
            allowed="1",
        )
    for field, unset, kinds in _ONLY:
        value = getattr(operation, field)
        if value != unset and operation.kind not in kinds:
            raise InputError(
                f"has no meaning for the kind {operation.kind}",
                where=f"{at}.{field}",
                got=value,
                allowed=kinds,
            )
    # 0: those of the chip. Otherwise one for both signs, one each, or one for each sign of both
    # sides.
    phases = operation.polarity_phases
    if phases not in (0, 1, 2, 4):
        raise InputError(
            "not a number of polarity phases",
            where=f"{at}.polarity_phases",
            got=phases,
            allowed="0, 1, 2, 4",
        )


def check_kept(operation: Operation, at: str) -> None:
    """Masks go from the way forward to the way back; what is added is among the outputs."""
    if operation.mask_bits and operation.phase not in ("forward", "backward"):
        raise InputError(
            "masks are left on the way forward and read on the way back",
            where=f"{at}.mask_bits",
            got=operation.mask_bits,
            allowed=f"0 in phase '{operation.phase}'",
        )
    outputs = f"{at}.summed_elements"
    at_most(operation.summed_elements, operation.output_elements, outputs, "outputs of the step")


def check_rows(operation: Operation, at: str) -> None:
    """Steps make whole rows of the map, and these the rows of output that the operation claims."""
    at_most(
        operation.fresh_elements,
        operation.input_elements,
        f"{at}.fresh_elements",
        "elements that the step takes",
    )
    if not operation.steps_per_row:
        if operation.pools:
            raise InputError("pooling needs rows of steps", where=f"{at}.steps_per_row", got=0)
        return
    if operation.steps % operation.steps_per_row:
        raise InputError(
            "steps do not make whole rows",
            where=f"{at}.steps_per_row",
            got=operation.steps_per_row,
            allowed=f"a divisor of {operation.steps}",
        )
    # The next layer waits for rows: a claim of more than are made would never be met.
    rows = operation.pools[-1][1] if operation.pools else operation.steps // operation.steps_per_row
    if operation.rows_out != rows:
        raise InputError(
            "not the rows that the steps and pools make",
            where=f"{at}.rows_out",
            got=operation.rows_out,
            allowed=str(rows),
        )
