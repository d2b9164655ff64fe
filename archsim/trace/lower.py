"""Lower a network to stages: array layers with the digital layers that stream behind them, and
joins of branches.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archsim.operators.digital_work import backward_work, forward_work, merge
from archsim.operators.vocabulary import named, operator_of
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.row_window import RowWindow
from hwlib.errors import InputError
from workloads.network import Layer, Network


@dataclass(slots=True)
class Stage:
    """A step of the network's data flow. `sources` are stages; an empty list means the network's
    input. `bias_apart`: its biases are digital words that the update rule leaves to plain gradient
    descent, so that they are no part of its matrix. `bias_words`: the rule trains them, and no state
    of its own holds them. `learns`: it is part of a training step;
    `in_loss`: its last layer is part of the loss. `further_vectors` of other layers meet its matrix
    (see `shared_weights`). `kept`: values of its results
    that later tokens read again, which then hold `cached` with those of earlier ones; `recalled`: of
    its inputs those that earlier tokens left; `beside`: values that layers behind the head read.
    """

    name: str
    head: Layer
    sources: list[str]
    fused: list[Layer] = field(default_factory=list)
    bias_apart: bool = False
    bias_words: bool = False
    kept: int = 0
    cached: int = 0
    recalled: int = 0
    beside: int = 0
    learns: bool = False
    in_loss: bool = False
    further_vectors: int = 0

    @property
    def on_array(self) -> bool:
        return self.head.on_array

    @property
    def frozen(self) -> bool:
        """Whether its weights lie on arrays that a training leaves as they are."""
        return self.on_array and self.head.frozen

    @property
    def trains(self) -> bool:
        """Whether a training moves its weights, or words of its layers."""
        return any(
            not layer.frozen and (layer.on_array or operator_of(layer).words(layer).trained > 0)
            for layer in self.layers
        )

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its head, and the layers that stream behind it."""
        return (self.head, *self.fused)

    @property
    def last(self) -> Layer:
        return self.fused[-1] if self.fused else self.head

    @property
    def output_elements(self) -> int:
        return self.last.output_elements

    @property
    def matrix(self) -> LayerMatrix:
        shape = self.head.matrix
        bias = self.head.bias and not self.bias_apart
        vectors = shape.vectors + self.further_vectors
        return LayerMatrix(self.name, shape.rows, shape.columns, shape.groups, bias, vectors)

    @property
    def biases_apart(self) -> int:
        """Biases that are digital words and no part of its matrix."""
        return self._biases if self.bias_apart else 0

    @property
    def biases_beside(self) -> int:
        """Biases that are digital words beside the state of the update rule."""
        return self._biases if self.bias_apart or self.bias_words else 0

    @property
    def _biases(self) -> int:
        shape = self.head.matrix
        return shape.columns * shape.groups if self.head.bias else 0

    @property
    def steps(self) -> int:
        """Vectors of an array stage; rows of the feature map of a digital one."""
        if self.on_array:
            return self.head.matrix.vectors
        return rows_of(self.head.output_shape)

    def forward_work(self) -> dict[str, float]:
        """Vector-unit actions an image: the fused layers, a digital head, the gates of an LSTM,
        biases that are no part of the matrix, and what a training asks of them beyond an inference.
        """
        # A digital head has its own work; of one on arrays only what the array does not do.
        own = merge(*(forward_work(layer) for layer in (*self.fused, self.head)))
        if self.learns:
            own = merge(own, *(operator_of(layer).training_work(layer) for layer in self.layers))
        apart = self.biases_apart if self.on_array else 0
        return merge(own, {"add": apart * self.head.matrix.vectors}) if apart else own

    def backward_work(self) -> dict[str, float]:
        return merge(
            *(
                operator_of(layer).loss_work(layer)
                if self.in_loss and layer is self.last
                else backward_work(layer)
                for layer in (*self.fused, self.head)
            )
        )

    def mask_bits(self) -> int:
        """Bits of an image that a training keeps of its layers from the way forward to the way back."""
        if not self.learns:
            return 0
        return sum(operator_of(layer).mask_bits(layer) for layer in self.layers)

    def pools(self) -> tuple[tuple[RowWindow, int], ...]:
        """How rows of steps become rows of finished output."""
        return tuple(
            (row_window(layer), rows_of(layer.output_shape))
            for layer in self.fused
            if operator_of(layer).pools
        )


def rows_of(shape: tuple[int, ...]) -> int:
    """Rows of a feature map (its height); one where the shape has none."""
    return shape[1] if len(shape) == 3 else 1


def row_window(layer: Layer) -> RowWindow:
    """The row window of a convolution or pooling layer."""
    return RowWindow(*operator_of(layer).rows(layer))


def lower(network: Network, *, trains: bool = False) -> list[Stage]:
    """Stages of a network in topological order. Raises InputError where no layer of it has weights
    on an array.

    Args:
        network: whose layers become stages.
        trains: whether what acts in a training alone is there, too: tables whose rows move, dropout.
    """
    # A value that two layers read cannot stream into one of them and be gone.
    readers: dict[str, int] = {}
    for layer in network.layers:
        for name in layer.inputs:
            readers[name] = readers.get(name, 0) + 1
    stages: dict[str, Stage] = {}
    recalled: dict[str, int] = {}
    # layer name -> stages that hold its value; `direct` where that value is exactly the end of one
    # stage
    held: dict[str, list[str]] = {}
    direct: dict[str, str] = {}
    for layer in network.layers:
        kind = named(layer.operator, f"{network.name}: layer '{layer.name}'")
        sources = list(dict.fromkeys(s for name in layer.inputs for s in held.get(name, [])))
        left = sum(recalled.get(name, 0) for name in layer.inputs)
        # Reshapes, concatenations and caches cost no operation: whoever reads them reads their
        # sources.
        if kind.moves_only and not (trains and _acts_in_training(layer)):
            held[layer.name] = sources
            recalled[layer.name] = left + kind.recalled(layer)
            for name in sources:
                whole = kind.kept(layer) // len(sources)
                stages[name].cached += whole
                stages[name].kept += whole - kind.recalled(layer) // len(sources)
            source = layer.inputs[0] if len(layer.inputs) == 1 else None
            if source in direct and readers.get(source, 0) == 1:
                direct[layer.name] = direct[source]
            continue
        before = direct.get(layer.inputs[0]) if layer.inputs else None
        # Element by element on what leaves the array: it joins the stage, and no map lies in
        # between.
        if kind.streams and before and readers.get(layer.inputs[0], 0) == 1:
            stages[before].fused.append(layer)
            held[layer.name] = [before]
            direct[layer.name] = before
            continue
        stages[layer.name] = Stage(layer.name, layer, sources, recalled=left)
        held[layer.name] = [layer.name]
        direct[layer.name] = layer.name
    if not any(stage.on_array for stage in stages.values()):
        raise InputError(
            "no layer with weights: nothing to place on an array",
            where=network.name,
            hint="a network needs at least one layer on an array, such as conv2d or linear",
        )
    return list(stages.values())


def _acts_in_training(layer: Layer) -> bool:
    """Whether a training asks the vector unit for something."""
    kind = operator_of(layer)
    trained = not layer.frozen and kind.words(layer).trained > 0
    return trained or bool(kind.training_work(layer))


def matrices_of(stages: list[Stage]) -> list[LayerMatrix]:
    """The matrices to place: one for each layer that keeps its weights, with the vectors of all
    layers that read it.
    """
    vectors: dict[str, int] = {}
    for stage in stages:
        if stage.on_array:
            # Tied weights are placed once and read by all that share them.
            owner = stage.head.shares or stage.name
            vectors[owner] = vectors.get(owner, 0) + stage.head.matrix.vectors
    return [
        replace(stage.matrix, vectors=vectors[stage.name])
        for stage in stages
        if stage.on_array and not stage.head.shares
    ]
