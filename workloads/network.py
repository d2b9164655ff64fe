"""A network: layers with shapes, in topological order. Shapes are per image, without the batch
axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from html import escape
from typing import TYPE_CHECKING, Protocol

from archsim.operators.base import ARRAY, NOTHING
from archsim.operators.matrix import Matrix as Matrix
from archsim.operators.vocabulary import FUNCTIONS
from hwlib.errors import unknown
from hwlib.text import html_table
from workloads.readings import FileReading

if TYPE_CHECKING:
    import numpy as np

    from workloads.sequence import Sequence

# Fields that didn't exist when the first digests were stored; see `Layer.__repr__`.
_LATER_FIELDS = ("function", "settings", "constants", "shares", "transposed", "frozen")


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """One layer. Shapes are (channels, height, width), (features,) or (time steps, features).

    Args:
        name: name of the layer, one of its kind in the network.
        operator: what it costs, one of the operators of `archsim.operators`.
        inputs: names of earlier layers. `add` and `multiply` with one input have a constant second
            operand; inputs of different shapes are broadcast.
        input_shapes: output shapes of those layers.
        output_shape: shape of an image behind it. A `reshape` of a SCALE-Sim file may change the
            number of elements: it stands for what such a file leaves out.
        kernel: (height, width) of a convolution or pooling window; that of a global pool is the
            whole image, that of `local_response_norm` is (size, 1) over channels.
        stride: (height, width) in elements.
        padding: (top, left, bottom, right) in elements.
        dilation: (height, width) between elements of the kernel.
        groups: groups of a convolution.
        bias: whether the layer adds one value a column.
        hidden: state size of an LSTM.
        function: what it computes where that is something else than it costs ("elu", counted as
            sigmoid); empty elsewhere.
        settings: names and values that the function is told.
        constants: roles of the tensors that it needs besides its inputs.
        shares: an earlier layer whose matrix this one reads instead of having its own.
        transposed: whether it reads that matrix from its columns' side.
        frozen: whether a training leaves its weights and words as they are.
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
    function: str = ""
    settings: tuple[tuple[str, object], ...] = ()
    constants: tuple[str, ...] = ()
    shares: str = ""
    transposed: bool = False
    frozen: bool = False

    def __repr__(self) -> str:
        # Digests of networks are made of this text: fields that came later only show where they are
        # in use.
        values = ((item.name, getattr(self, item.name), item.default) for item in fields(self))
        shown = (
            f"{name}={value!r}"
            for name, value, default in values
            # Results from before these fields would otherwise count as of another network.
            if name not in _LATER_FIELDS or value != default
        )
        return f"Layer({', '.join(shown)})"

    @property
    def computes(self) -> str:
        """The function of the layer: its operator, where it is not only counted as that."""
        return self.function or self.operator

    @property
    def roles(self) -> tuple[str, ...]:
        """Tensors that the layer needs besides its inputs, also those that a file without values
        leaves open.
        """
        known = FUNCTIONS.get(self.operator)
        return known.roles(self) if known else self.constants

    def setting(self, name: str, default: object = None) -> object:
        """A setting of the layer's function.

        Args:
            name: of the setting, as the importer kept it.
            default: what is given where the layer has none of this name.

        Returns:
            the value.
        """
        return dict(self.settings).get(name, default)

    @property
    def on_array(self) -> bool:
        """True where the layer's weights sit on crossbars."""
        known = FUNCTIONS.get(self.operator)
        return known is not None and known.kind == ARRAY

    @property
    def input_elements(self) -> int:
        """Numbers that an image brings in, over all inputs."""
        return sum(math.prod(shape) for shape in self.input_shapes)

    @property
    def output_elements(self) -> int:
        """Numbers that come out for an image."""
        return math.prod(self.output_shape)

    @property
    def matrix(self) -> Matrix:
        """The crossbar view. Raises ValueError for a layer without weights on an array."""
        known = FUNCTIONS.get(self.operator, NOTHING)
        return known.matrix(self)


class Tensors(Protocol):
    """Where the values of a network are: read when they are wanted, not kept with the layers."""

    def read(self) -> Mapping[str, Mapping[str, np.ndarray]]:
        """By layer and role. An array layer's "weights" are (groups x columns, rows), its "bias" is
        (groups x columns,).
        """


@dataclass(frozen=True, slots=True)
class Network:
    """A network: its layers, and what an importer had to assume.

    Args:
        name: name of the network.
        layers: in topological order; the first is the operator 'input'.
        source: where it comes from.
        notes: what an importer had to assume, and with which option it is overruled.
        tensors: where the file's own values are; None where it has none.
        without_values: why no real data can go through the network; empty where they can.
        readings: those of the notes that an option overrules.
        sequence: how it is read anew for one token; None where no layer keeps keys and values.
        held: tokens whose keys and values are there; None where all tokens are read at once.
    """

    name: str
    layers: tuple[Layer, ...]
    source: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)
    tensors: Tensors | None = None
    without_values: tuple[str, ...] = ()
    readings: tuple[FileReading, ...] = ()
    # How the shapes follow from the number of steps: two networks with the same layers are the
    # same, whichever way they came to them.
    sequence: Sequence | None = field(default=None, compare=False, repr=False)
    held: int | None = None

    def decoding(self, cache: int | None = None) -> Network:
        """The network as it makes one token.

        Args:
            cache: tokens whose keys and values are there; None for all but one of the file's.

        Returns:
            the `Network` with one token.

        Raises:
            InputError: where no layer keeps keys and values, or `cache` is no number of tokens.
        """
        from workloads.sequence import decoding  # which names this class

        return decoding(self, cache)

    def layer(self, name: str) -> Layer:
        """One layer by its name.

        Args:
            name: as the network calls it.

        Returns:
            the `Layer`.

        Raises:
            InputError: where there is none, with the nearest name.
        """
        # A list is searched, as a frozen class keeps no index beside its fields and networks have
        # hundreds of layers at most.
        for item in self.layers:
            if item.name == name:
                return item
        raise unknown("layer", name, (item.name for item in self.layers), f"network '{self.name}'")

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of an image that goes in, without the batch."""
        return self.layers[0].output_shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of what comes out for an image."""
        return self.layers[-1].output_shape

    @property
    def array_layers(self) -> tuple[Layer, ...]:
        """The layers whose weights sit on crossbars, in order."""
        # Found anew at each call: frozen with slots leaves no place to keep it.
        return tuple(item for item in self.layers if item.on_array)

    @property
    def matrix_layers(self) -> tuple[Layer, ...]:
        """Those of them that keep a matrix of their own, whoever else reads it."""
        return tuple(item for item in self.array_layers if not item.shares)

    @property
    def weights(self) -> int:
        """Weights on arrays, without biases; a matrix that several layers read counts once."""
        # The time of sharing layers counts each, their cells count once.
        return sum(item.matrix.weights for item in self.matrix_layers)

    @property
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates an image on arrays."""
        return sum(item.matrix.multiply_accumulates for item in self.array_layers)

    def __repr__(self) -> str:
        return f"Network({self.name}: {len(self.layers)} layers, {self.weights:,} weights)"

    def _repr_html_(self) -> str:
        """The layers as a notebook shows them."""
        rows = [
            (
                layer.name,
                layer.computes,
                " × ".join(map(str, layer.output_shape)),
                f"{layer.matrix.weights:,}" if layer.on_array and not layer.shares else "",
                f"{layer.matrix.multiply_accumulates:,}" if layer.on_array else "",
            )
            for layer in self.layers
        ]
        heads = ("layer", "operator", "output", "weights", "multiply-accumulates an image")
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<p><b>{escape(repr(self))}</b></p>{html_table(heads, rows)}{notes}"

    @property
    def gaps(self) -> tuple[str, ...]:
        """Names of the joins that stand for what a layer table leaves out: no value can pass them,
        for its number of elements changes.
        """
        return tuple(
            item.name
            for item in self.layers
            # A layer table lists products only, so a pooling between two shows up as lengths that
            # don't fit.
            if item.operator == "reshape" and item.input_elements != item.output_elements
        )
