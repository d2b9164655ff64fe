"""Lower a network to stages: array layers with the digital layers that stream behind them, and
joins of branches.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archsim.operators.digital_work import backward_work, forward_work, lstm_work, merge
from archsim.trace.operation import LayerMatrix, RowWindow
from hwlib.errors import InputError, unknown
from workloads.network import FREE_OPERATORS, OPERATORS, Layer, Network

# These need one input only and can work on results as they stream out of the tiles.
FUSIBLE = (
    "relu",
    "leaky_relu",
    "clip",
    "tanh",
    "sigmoid",
    "softmax",
    "batch_norm",
    "local_response_norm",
    "max_pool",
    "average_pool",
    "global_average_pool",
    "global_max_pool",
)
POOLS = ("max_pool", "average_pool", "global_average_pool", "global_max_pool")


@dataclass(slots=True)
class Stage:
    """A step of the network's data flow. `sources` are stages; an empty list means the network's
    input.
    """

    name: str
    head: Layer
    sources: list[str]
    fused: list[Layer] = field(default_factory=list)

    @property
    def on_array(self) -> bool:
        return self.head.on_array

    @property
    def last(self) -> Layer:
        return self.fused[-1] if self.fused else self.head

    @property
    def output_elements(self) -> int:
        return self.last.output_elements

    @property
    def matrix(self) -> LayerMatrix:
        shape = self.head.matrix
        return LayerMatrix(
            self.name, shape.rows, shape.columns, shape.groups, self.head.bias, shape.vectors
        )

    @property
    def steps(self) -> int:
        """Vectors of an array stage; rows of the feature map of a digital one."""
        if self.on_array:
            return self.head.matrix.vectors
        return rows_of(self.head.output_shape)

    def forward_work(self) -> dict[str, float]:
        """Vector-unit actions an image: the fused layers, a digital head, the gates of an LSTM."""
        parts = [forward_work(layer) for layer in self.fused]
        if not self.on_array:
            parts.append(forward_work(self.head))
        elif self.head.operator == "lstm":
            parts.append(merge(lstm_work(self.head.hidden), scale=self.steps))
        return merge(*parts)

    def backward_work(self) -> dict[str, float]:
        parts = [backward_work(layer) for layer in self.fused]
        if not self.on_array:
            parts.append(backward_work(self.head))
        elif self.head.operator == "lstm":
            parts.append(merge(lstm_work(self.head.hidden, backward=True), scale=self.steps))
        return merge(*parts)

    def pools(self) -> tuple[tuple[RowWindow, int], ...]:
        """How rows of steps become rows of finished output."""
        return tuple(
            (row_window(layer), rows_of(layer.output_shape))
            for layer in self.fused
            if layer.operator in POOLS
        )


def rows_of(shape: tuple[int, ...]) -> int:
    """Rows of a feature map (its height); one where the shape has none."""
    return shape[1] if len(shape) == 3 else 1


def row_window(layer: Layer) -> RowWindow:
    """The row window of a convolution or pooling layer."""
    if layer.operator.startswith("global"):
        return RowWindow(rows_of(layer.input_shapes[0]), 1, 0)
    extent = (layer.kernel[0] - 1) * layer.dilation[0] + 1
    return RowWindow(extent, layer.stride[0], layer.padding[0])


def lower(network: Network) -> list[Stage]:
    """Stages of a network in topological order. Raises InputError where no layer of it has weights
    on an array.
    """
    readers: dict[str, int] = {}
    for layer in network.layers:
        for name in layer.inputs:
            readers[name] = readers.get(name, 0) + 1
    stages: dict[str, Stage] = {}
    # layer name -> stages that hold its value; `direct` where that value is exactly the end of one
    # stage
    held: dict[str, list[str]] = {}
    direct: dict[str, str] = {}
    for layer in network.layers:
        if layer.operator not in OPERATORS:
            raise unknown(
                "operator", layer.operator, OPERATORS, f"{network.name}: layer '{layer.name}'"
            )
        sources = list(dict.fromkeys(s for name in layer.inputs for s in held.get(name, [])))
        if layer.operator in FREE_OPERATORS or layer.operator == "concat":
            held[layer.name] = sources
            source = layer.inputs[0] if len(layer.inputs) == 1 else None
            if source in direct and readers.get(source, 0) == 1:
                direct[layer.name] = direct[source]
            continue
        before = direct.get(layer.inputs[0]) if layer.inputs else None
        if layer.operator in FUSIBLE and before and readers.get(layer.inputs[0], 0) == 1:
            stages[before].fused.append(layer)
            held[layer.name], direct[layer.name] = [before], before
            continue
        stages[layer.name] = Stage(layer.name, layer, sources)
        held[layer.name], direct[layer.name] = [layer.name], layer.name
    if not any(stage.on_array for stage in stages.values()):
        raise InputError(
            "no layer with weights: nothing to place on an array",
            where=network.name,
            hint="a network needs at least one conv2d, linear or lstm layer",
        )
    return list(stages.values())


def matrices_of(stages: list[Stage]) -> list[LayerMatrix]:
    """The matrices to place: one for each layer that keeps its weights, with the vectors of all
    layers that read it.
    """
    vectors: dict[str, int] = {}
    for stage in stages:
        if stage.on_array:
            owner = stage.head.shares or stage.name
            vectors[owner] = vectors.get(owner, 0) + stage.head.matrix.vectors
    return [
        replace(stage.matrix, vectors=vectors[stage.name])
        for stage in stages
        if stage.on_array and not stage.head.shares
    ]
