"""And, or, exclusive or of two masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, operands
from archsim.operators.base import AXES_KEPT, operator
from archsim.operators.join import Join
from archsim.operators.masks import mask_kernels, one_if
from archsim.operators.numbers import np
from archsim.operators.pairs import JoinKernels
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

CONNECTIVES = {"And": "and", "Or": "or", "Xor": "xor"}
"""ONNX's operator, and the connective."""


def both(first, second):
    return one_if(first != np.float32(0.0) and second != np.float32(0.0))


def either(first, second):
    return one_if(first != np.float32(0.0) or second != np.float32(0.0))


def one_alone(first, second):
    return one_if((first != np.float32(0.0)) != (second != np.float32(0.0)))


KERNELS = {
    word: mask_kernels(f"logical {word}", own)
    for word, own in (("and", both), ("or", either), ("xor", one_alone))
}


@operator("logical", onnx={kind: AXES_KEPT for kind in CONNECTIVES})
class Logical(Join):
    """Of numbers that are true where they are not 0: 1 for true, else 0."""

    inputs = 2
    kernels = tuple(kernel for pair in KERNELS.values() for kernel in pair.made())
    trains_constants = True
    fields = ("connective",)
    meanings = {"connective": f"of `logical`: {', '.join(CONNECTIVES.values())}"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        connective = table.word("connective", "and", tuple(CONNECTIVES.values()), "connective")
        shape = super().infer(table, shapes).shape
        return Output(shape, {"settings": (("connective", connective),)})

    def joined(self, layer: Layer) -> JoinKernels:
        return KERNELS[str(layer.setting("connective", "and"))]

    def forward_work(self, layer: Layer) -> Work:
        # one pass through a lane's comparator, which holds the gates
        return {"compare": layer.output_elements}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        first, other = (item != 0 for item in operands(layer, inputs, constants, "operand"))
        connective = getattr(np, f"logical_{layer.setting('connective', 'and')}")
        return np.broadcast_to(connective(first, other), layer.output_shape).astype(np.float32)
