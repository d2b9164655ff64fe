"""What an operator is: its shape, the work it asks of the vector unit, what it computes, how it
trains, and its names in ONNX.

An operator is one file under `array`, `vector` or `free` with one class, which says how it differs
from what stands here. Its training kernels are plain functions of float32 values: `compiled` makes
machine code of them where it is wanted, so that reading a network loads no compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from archsim.operators.arguments import Tensors, Work, cannot_carry, constant
from archsim.operators.kernels import AnyKernel as AnyKernel
from archsim.operators.kernels import ArrayKernel as ArrayKernel
from archsim.operators.kernels import Kernel as Kernel
from archsim.operators.kernels import LayerKernel as LayerKernel
from archsim.operators.kernels import RecurrentKernel as RecurrentKernel
from archsim.operators.kernels import TrainingRow as TrainingRow
from archsim.operators.kernels import WordCounts
from archsim.operators.numbers import np
from archsim.operators.sizes import MatrixProduct, Output, Rows

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.matrix import Matrix
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

ARRAY = "array"
VECTOR = "vector"
FREE = "free"
IMAGE = "(channels, height, width)"

# What an ONNX operator does to the axis of the batch.
BATCH_FIRST = "its first axis is the batch by definition"
AXES_KEPT = "every axis of its activations stays where it is"
AXES_OWN = "it has a rule of its own, or none"


Fields = dict[str, Any]
"""A table of a network file."""


class Operator:
    """One operator. The attributes of the class are its facts; every method gets the layer."""

    name: ClassVar[str]
    kind: ClassVar[str] = VECTOR
    counted_as: ClassVar[str] = ""
    """Another operator whose work it is counted as: no word of a network file, only a function."""
    fields: ClassVar[tuple[str, ...]] = ()
    """Of its table in our TOML, besides name, operator and inputs."""
    meanings: ClassVar[Mapping[str, str]] = {}
    """What fields mean that it has alone, for the reference of the files."""
    inputs: ClassVar[int | None] = 1
    """How many it takes; None: one or more."""
    onnx: ClassVar[Mapping[str, str]] = {}
    """Operators of ONNX that become it, and what each does to the axis of the batch."""
    elementwise: ClassVar[bool] = False
    """Of one number each, with settings in ONNX's words."""
    streams: ClassVar[bool] = False
    """Works on the results of one input as they stream out of the tiles."""
    moves_only: ClassVar[bool] = False
    """Its result is its inputs side by side or moved: nothing is computed and no stage made."""
    multiplies: ClassVar[bool] = False
    """A product of two activations: its multiply-adds are a layer's, as those of an array are."""
    pools: ClassVar[bool] = False
    sliding: ClassVar[bool] = False
    """Its window slides over a feature map."""
    sequential: ClassVar[bool] = False
    """Each vector needs the output of the one before."""
    unbounded: ClassVar[bool] = False
    """An activation that passes values above the full scale of an array."""
    threaded: ClassVar[bool] = False
    """Computes with a library that would take all cores."""
    in_loss: ClassVar[bool] = False
    """At the end of a network it is part of the loss of the training."""
    renames: ClassVar[bool] = False
    """Its output in training is its input, in the same memory."""
    adapts: ClassVar[bool] = False
    """A fine-tuning may put a low-rank adapter beside its matrix."""
    may_be_folded: ClassVar[bool] = False
    """Without any constants it passes its input on: they count as folded into the weights."""
    takes_numbers: ClassVar[bool] = False
    """Its input are numbers of rows, which nothing may round and no error reaches."""
    trains_constants: ClassVar[bool] = False
    """Its constants are digital words that a training keeps."""
    masks: ClassVar[bool] = False
    """It may put a mask on scores before a softmax, or keep one that lies on them."""
    statistics: ClassVar[tuple[str, ...]] = ()
    """Further roles that a training goes on from, where they are given."""
    kernels: ClassVar[tuple[AnyKernel, ...]] = ()
    """Its training kernels; none: it does not train."""
    straight_through: ClassVar[bool] = False
    """It rounds, and errors pass as if it did not (Bengio, Léonard & Courville 2013, 1308.3432)."""
    trains: ClassVar[str] = ""
    """In which form it trains, in words; "": named by itself."""

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        """The output of one table of a network file whose inputs have these shapes.

        Args:
            table: its fields.
            shapes: of its inputs, each at least one axis.

        Raises:
            InputError: with the path of the field that does not fit.
        """
        return Output(shapes[0])

    def roles(self, layer: Layer) -> tuple[str, ...]:
        """Tensors that a layer needs besides its inputs."""
        return layer.constants

    def takes_product(self, product: Layer) -> bool:
        """Whether a network that leaves writes this product, the first input, as part of the layer."""
        return False

    def matrix(self, layer: Layer) -> Matrix:
        """The crossbar view of a layer. Raises ValueError for one without weights on an array."""
        raise ValueError(f"layer '{layer.name}' ({layer.operator}) has no crossbar matrix")

    def rows(self, layer: Layer) -> Rows:
        """The rows that a window of the layer covers."""
        extent = (layer.kernel[0] - 1) * layer.dilation[0] + 1
        return Rows(extent, layer.stride[0], layer.padding[0])

    def forward_work(self, layer: Layer) -> Work:
        """Actions of the vector unit for one image forward."""
        return {}

    def backward_work(self, layer: Layer) -> Work:
        """Actions of the vector unit that take one image's error back."""
        return {}

    def loss_work(self, layer: Layer) -> Work:
        """Actions that give the error below a layer at the end of a network that the loss contains."""
        return self.backward_work(layer)

    def training_work(self, layer: Layer) -> Work:
        """What a training asks of the vector unit in one image's way forward beyond `forward_work`."""
        return {}

    def mask_bits(self, layer: Layer) -> int:
        """Bits of an image that its way forward leaves for its way back: what was taken or passed."""
        return 0

    def words(self, layer: Layer) -> WordCounts:
        """Digital words that the layer keeps from image to image in a training."""
        return WordCounts()

    def words_work(self, layer: Layer, errors: int) -> Work:
        """Actions of the vector unit that bring those words up to date, once an image that takes
        so many errors back.
        """
        return {}

    def words_read(self, layer: Layer) -> int:
        """Of its digital words those that an image reads from the buffer, as often as it does; 0
        where they stay in the lanes.
        """
        return 0

    def gradients_met(self, layer: Layer) -> int:
        """Of its trained words how many get a gradient from an image."""
        return self.words(layer).trained

    def first_words(self, layer: Layer, random: np.random.Generator) -> np.ndarray | None:
        """The trained words of a training that begins with none, float32 in their order in memory;
        None where they begin as its rows say.
        """
        return None

    def constant_shapes(self, layer: Layer) -> Mapping[str, Shape]:
        """By role the shape of its values, where one alone fits."""
        return {}

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        """Values of the layer's roles, by name, from the words that a training left, float32."""
        return {}

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        """The words that never change, float32 in their order in memory, from values of its roles;
        None where the layer's own say them. Raises InputError for a role without values.
        """
        return None

    def unfolded(self, layer: Layer, held: Tensors) -> np.ndarray:
        """The trained words of a layer, float32 in their order in memory, from values of its roles:
        what `folded` does, undone. Raises InputError for a role without values.
        """
        # Role after role, as the training lays the words in memory.
        order = [np.ravel(constant(layer, role, held)) for role in layer.roles]
        return np.concatenate(order).astype(np.float32)

    def follow(self, layer: Layer, words: np.ndarray, values: np.ndarray, share: float) -> None:
        """Move the `statistics` among the words of a layer to those of an image's inputs, by a share.

        Args:
            layer: that has some.
            words: as `unfolded` gives them, in place.
            values: of the shape of its input.
            share: of the image; 1: its own alone.
        """
        raise NotImplementedError

    def fetched(self, layer: Layer) -> int:
        """Numbers of an image that come from the off-chip memory, and from no layer."""
        return 0

    def kept(self, layer: Layer) -> int:
        """Numbers that a layer keeps for later tokens, those of earlier ones among them."""
        return 0

    def recalled(self, layer: Layer) -> int:
        """Numbers of its output that earlier tokens left."""
        return 0

    def for_one_token(self, values: Fields, tokens: int, held: int) -> Fields:
        """The fields of its table of a network file as one token is made.

        Args:
            values: as the file has them, for all `tokens` at once.
            tokens: of the file.
            held: earlier tokens.

        Returns:
            the same where its shape follows that of its inputs.
        """
        return values

    def products(self, layer: Layer) -> tuple[MatrixProduct, ...]:
        """Products of two activations that it computes, for an image."""
        return ()

    def products_back(self, layer: Layer) -> tuple[MatrixProduct, ...]:
        """Those that take an image's error back."""
        return ()

    def carries(self, layer: Layer) -> bool:
        """Whether real data can go through the layer."""
        return True

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        """The exact output, as ONNX defines it. NaN stands for a number that has not arrived.

        Args:
            layer: its sizes and settings.
            inputs: values of its inputs, of the layer's `input_shapes`.
            constants: values of its roles.

        Raises:
            InputError: for a constant without values, or an operator that carries no data.
        """
        raise cannot_carry(layer)

    def forward_images(
        self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors, images: int
    ) -> np.ndarray:
        """`forward` of several images, the bits of each: inputs and result (images, *shape)."""
        each = range(images)
        return np.stack(
            [self.forward(layer, [values[i] for values in inputs], constants) for i in each]
        )

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        """The layer's steps in the table of the training; none where no kernel runs it.

        Raises:
            InputError: for a form of the layer that the kernel does not compute.
        """
        return ()

    def check_settings(self, settings: Mapping[str, object]) -> str:
        """What is wrong with settings that a file gave, "" where nothing is."""
        return ""


NOTHING = Operator()
"""What a layer of an unknown operator gets: no weights, no work, no values."""
Kind = TypeVar("Kind", bound=Operator)
_known: dict[str, Operator] = {}


def operator(
    name: str, *, onnx: str | Mapping[str, str] | None = None, counted_as: str = ""
) -> Callable[[type[Kind]], type[Kind]]:
    """Enter a class into the vocabulary.

    Args:
        name: the word of network files (or of the function, where it is counted as another).
        onnx: its name in ONNX, if it leaves the axes where they are; else names and what they do.
        counted_as: the operator whose work it is counted as.

    Raises:
        ValueError: where two have one name.
    """

    def enter(kind: type[Kind]) -> type[Kind]:
        if name in _known:
            raise ValueError(f"two operators are named '{name}'")
        # Facts of the class, so that each file says them once, in its decorator.
        kind.name = name
        kind.counted_as = counted_as
        kind.onnx = {onnx: AXES_KEPT} if isinstance(onnx, str) else dict(onnx or {})
        # One object an operator: it holds nothing of any layer.
        _known[name] = kind()
        return kind

    return enter


def known() -> dict[str, Operator]:
    """What has been entered so far; `vocabulary` enters every file."""
    return _known
