"""What operators whose weights sit on crossbars have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.base import ARRAY, Operator
from archsim.operators.numbers import np

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


class Positions(NamedTuple):
    """Where vectors find their values in a map.

    `positions` int32 (taps, vectors): of each tap of a vector in the first channel, -1 for padding;
    line `channel * taps + tap` of a vector is the value `channel * step` further on.
    """

    positions: np.ndarray
    step: int


class OnArray(Operator):
    """A product with the weights of an array, one vector a read."""

    kind = ARRAY

    def vectors(self, layer: Layer, values: np.ndarray, steps: slice) -> np.ndarray:
        """The input vectors (steps, groups x rows) that the array reads for the steps given."""
        return values.reshape(-1, layer.input_shapes[0][-1])[steps]

    def positions(self, layer: Layer) -> Positions:
        """Where the lines of each vector (groups x rows) lie in the input map: what `vectors` gives,
        for who gathers by himself.
        """
        features = layer.input_shapes[0][-1]
        starts = np.arange(layer.matrix.vectors, dtype=np.int32) * features
        return Positions(starts[None], 1)

    def outputs(self, layer: Layer, held: np.ndarray) -> np.ndarray:
        """A view (vectors, groups x columns) of the layer's output."""
        return held.reshape(-1, layer.output_shape[-1])

    def to_map(self, layer: Layer, vectors: np.ndarray) -> np.ndarray:
        """Output vectors (vectors, groups x columns) as the layer's output shape."""
        return vectors.reshape(layer.output_shape)

    def from_onnx(self, columns: np.ndarray) -> np.ndarray:
        """Columns (columns, ...) in the order of the layer, for those in the order that ONNX has."""
        return columns

    def fresh_inputs(self, layer: Layer) -> float:
        """Input values of a vector that the one before did not have."""
        shape = layer.matrix
        return shape.rows * shape.groups

    def error_sums(self, layer: Layer) -> int:
        """Additions an image where several vectors bring errors to one value. Vectors that only
        follow each other (tokens, windows side by side) share nothing.
        """
        return 0
