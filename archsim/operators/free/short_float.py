"""A value in a float of 16 bits, as a Cast of an ONNX file asks for."""

from __future__ import annotations

from collections.abc import Mapping

from archsim.operators.base import FREE, Kernel, operator
from archsim.operators.elementwise import Elementwise, Numbers
from archsim.operators.numbers import np
from archsim.operators.straight_through import brain, half, pass_on

_FORMATS = ("float16", "bfloat16")


@operator("short_float", counted_as="identity")
class ShortFloat(Elementwise):
    """The nearest number of the format, ties to the even one. It costs nothing: the chip's own
    words are what its results are rounded to.
    """

    kind = FREE
    moves_only = True
    streams = False
    settings = {"format": "float16"}
    straight_through = True
    kernels = (
        Kernel("half", half, pass_on, elementwise=True),
        Kernel("brain", brain, pass_on, elementwise=True, settings=(("format", "bfloat16"),)),
    )

    def check_settings(self, settings: Mapping[str, object]) -> str:
        return "" if settings["format"] in _FORMATS else "unknown format"

    def of(self, x: Numbers, format: str = "float16") -> Numbers:
        single = np.asarray(x, np.float32)
        if format == "float16":
            with np.errstate(over="ignore"):  # too large for it is infinite
                return single.astype(np.float16).astype(np.float32)
        return to_bfloat16(single)


def to_bfloat16(single: Numbers) -> Numbers:
    """The upper half of a float32, rounded to nearest, ties to even; NaN stays NaN."""
    bits = np.ascontiguousarray(single, np.float32).view(np.uint32)
    # Half of the last kept digit less one, and one more for an odd digit: ties to even.
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = (bits + np.uint32(0x7FFF) + odd) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(single), single, rounded.view(np.float32))
