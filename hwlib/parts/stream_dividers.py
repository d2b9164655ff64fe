"""Dividers and square roots of bit streams."""

from __future__ import annotations

from typing import ClassVar

from hwlib.effects import DEARER, OTHER_CIRCUIT
from hwlib.figures import figure
from hwlib.logic import by_bits
from hwlib.part import Parameter, register
from hwlib.parts.stream_arithmetic import ENCODINGS, Reported, as_reported
from hwlib.quantity import Figure, Quantity

_DIVIDERS = {
    "iscb": ("div_iscb", 0),
    "cordiv": ("div_cordiv_regen", 8),
    "gaines": ("div_gaines", 5),
}
_SQUARE_ROOTS = {
    "jkdiv": ("sqrt_jkdiv", 0),
    "iscbdiv": ("sqrt_iscbdiv", 0),
    "biso": ("sqrt_biso", 0),
    "gaines": ("sqrt_gaines", 5),
}
_ENCODING = Parameter("encoding", "unipolar", choices=ENCODINGS, effects=OTHER_CIRCUIT)


def _bits(note: str) -> Parameter:
    return Parameter(
        "bits", 5, 3, 16, "bit", integer=True, monotone=True, note=note, effects=DEARER
    )


class _ByKind(Reported):
    blocks: ClassVar[dict[str, tuple[str, int]]] = {}
    operation = ""
    bits: int
    encoding: str
    kind: str

    def law(self, what: str) -> Quantity:
        block, width = self.blocks[self.kind]
        reported = figure(f"sc_{block}_{self.encoding}.{what}")
        # Width 0: a state machine of fixed depth, which no number of bits changes.
        return by_bits({width: reported}, self.bits) if width else as_reported(reported)

    def convergence(self) -> Figure:
        """Cycles until the output is within 5 %. Raises InputError where nothing is published for
        the kind.
        """
        return figure(f"stream_convergence.{self.operation}_{self.kind}")


@register
class StreamDivider(_ByKind):
    """Divider on streams; `bits` is the counter depth of the Gaines kind and the width that CORDIV
    regenerates.
    """

    name = "stream_divider"
    title = "Divider on streams"
    parameters = (
        _bits("no effect on iscb"),
        Parameter("kind", "iscb", choices=tuple(_DIVIDERS), effects=OTHER_CIRCUIT),
        _ENCODING,
    )
    blocks = _DIVIDERS
    operation = "divide"


@register
class StreamSquareRoot(_ByKind):
    """Square root on streams; `bits` is the counter depth of the Gaines kind."""

    name = "stream_square_root"
    title = "Square root on streams"
    parameters = (
        _bits("no effect but on gaines"),
        Parameter("kind", "jkdiv", choices=tuple(_SQUARE_ROOTS), effects=OTHER_CIRCUIT),
        _ENCODING,
    )
    blocks = _SQUARE_ROOTS
    operation = "square_root"
