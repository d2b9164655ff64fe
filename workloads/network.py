"""A network: layers with shapes, in topological order. Shapes are per image, without the batch axis."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hwlib.errors import unknown

ARRAY_OPERATORS = ("conv2d", "linear", "lstm")
VECTOR_OPERATORS = (
    "relu", "leaky_relu", "clip", "tanh", "sigmoid", "softmax", "batch_norm", "local_response_norm", "max_pool", "average_pool",
    "global_average_pool", "global_max_pool", "add", "multiply", "concat", "matmul",
)
FREE_OPERATORS = ("input", "flatten", "reshape", "transpose", "dropout", "identity", "slice", "pad")
OPERATORS = ARRAY_OPERATORS + VECTOR_OPERATORS + FREE_OPERATORS


@dataclass(frozen=True, slots=True)
class Matrix:
    """The crossbar view of a layer: `groups` matrices of `rows` x `columns`, each read `vectors` times an image.

    For a convolution `vectors` is the weight sharing factor (output positions); for an LSTM the time steps.
    `rows` leaves the bias row out.
    """

    rows: int
    columns: int
    groups: int
    vectors: int

    @property
    def weights(self) -> int:
        return self.rows * self.columns * self.groups

    @property
    def multiply_accumulates(self) -> int:
        return self.weights * self.vectors


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer. `inputs` name earlier layers. Convolution and pooling use the window fields, others ignore them.

    `input_shapes` and `output_shape` are (channels, height, width), (features,) or (time steps, features); an input's shape
    is always its layer's output shape. `padding` is (top, left, bottom, right). `hidden` is the LSTM state size.
    `add` and `multiply` with one input have a constant second operand, and inputs of different shapes are broadcast.
    The window of `local_response_norm` over channels is `kernel` = (size, 1); that of a global pool is the whole image.
    A `reshape` of a SCALE-Sim file may change the number of elements: it stands for what such a file leaves out.
    """

    name: str
    operator: str
    inputs: tuple[str, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    bias: bool = False
    hidden: int = 0

    @property
    def on_array(self) -> bool:
        """True where the layer's weights sit on crossbars."""
        return self.operator in ARRAY_OPERATORS

    @property
    def input_elements(self) -> int:
        return sum(math.prod(shape) for shape in self.input_shapes)

    @property
    def output_elements(self) -> int:
        return math.prod(self.output_shape)

    @property
    def matrix(self) -> Matrix:
        """The crossbar view. Raises ValueError for a layer without weights on an array."""
        shape = self.input_shapes[0] if self.input_shapes else ()
        if self.operator == "conv2d":
            channels, out = shape[0], self.output_shape
            return Matrix(self.kernel[0] * self.kernel[1] * channels // self.groups, out[0] // self.groups, self.groups, out[1] * out[2])
        if self.operator == "linear":
            return Matrix(shape[-1], self.output_shape[-1], 1, math.prod(shape[:-1]))
        if self.operator == "lstm":
            return Matrix(shape[-1] + self.hidden, 4 * self.hidden, 1, shape[0])
        raise ValueError(f"layer '{self.name}' ({self.operator}) has no crossbar matrix")


@dataclass(frozen=True, slots=True)
class Network:
    """Layers in topological order (the first is the operator 'input'), and what an importer had to assume."""

    name: str
    layers: tuple[Layer, ...]
    source: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)

    def layer(self, name: str) -> Layer:
        """The layer of that name. Raises InputError with the nearest name."""
        for item in self.layers:
            if item.name == name:
                return item
        raise unknown("layer", name, (item.name for item in self.layers), f"network '{self.name}'")

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.layers[0].output_shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self.layers[-1].output_shape

    @property
    def array_layers(self) -> tuple[Layer, ...]:
        return tuple(item for item in self.layers if item.on_array)

    @property
    def weights(self) -> int:
        """Weights on arrays, without biases."""
        return sum(item.matrix.weights for item in self.array_layers)

    @property
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates an image on arrays."""
        return sum(item.matrix.multiply_accumulates for item in self.array_layers)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Names of the joins that stand for what a layer table leaves out: no value can pass them, for its number of elements changes."""
        return tuple(item.name for item in self.layers if item.operator == "reshape" and item.input_elements != item.output_elements)
