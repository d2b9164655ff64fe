"""The algorithm face of an update rule: what it does to the weights, image by image and batch by
batch.

A scheme's `algorithms/NAME_rule.py` holds a subclass; its hardware face `NAME.py` names it by a
string, and it never imports the face: of that it knows the settings that it reads, as a `Protocol`
in its own file. The training loop runs the forward and backward cycle on the arrays and hands every
layer's inputs and errors to the rule; the rule alone changes the weights. It counts what it did in
the ledger's words, so that the priced actions can be compared with those the algorithm performed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.shared.words import Words
from archsim.trace.operation import Activity

if TYPE_CHECKING:
    pass

# The settings that a rule reads: in a run the scheme itself.
Settings = TypeVar("Settings")
Contravariant = TypeVar("Contravariant", contravariant=True)


class Reference(Protocol[Contravariant]):
    """The slow and plain weight change of a scheme; see `Scheme.reference_change`."""

    def __call__(
        self,
        scheme: Contravariant,
        layer: LayerState,
        inputs: np.ndarray,
        errors: np.ndarray,
        rate: float,
        seed: int,
        step: int,
    ) -> np.ndarray: ...


class UpdateRule(ABC, Generic[Settings]):
    """One training run of a scheme. `scheme` holds its settings, `rate` is the learning rate, `words`
    round its digital state.

    The loop calls `image` for every image and layer, then `batch` for every layer once a
    mini-batch. `inputs` float32 (N, V) and `errors` (M, V) are the columns of x and of d = minus
    the gradient of the batch's mean loss, so that the sum of d x^T over a batch is the step of
    plain gradient descent: W += rate * sum d x^T. A scheme that asks for two `output_errors` gets
    errors (2, M, V): those of the target and of the output, whose sum is d.

    Where a chip holds biases as digital words, a rule that `trains_biases` finds them in its layers,
    gets the line that is always on as its last input, and changes them as it changes weights, but
    without a device. For any other rule they are no part of its layers, and the loop moves them by
    plain gradient descent at the rule's rate.
    """

    trains_biases: ClassVar[bool] = False
    follows_rate: ClassVar[bool] = True
    """Whether the learning rate may change from mini-batch to mini-batch (`follow`)."""
    layers_apart: ClassVar[bool] = False
    """Whether `image` of a layer changes nothing that another layer's looks at: threads then take a
    layer each, all images of a mini-batch at once. A subclass with an `image` of its own says so anew.
    """
    batches_apart: ClassVar[bool] = True
    """The same of `batch`, which then follows the images of its layer at once, while those of others
    may be under way. A subclass with a `batch` of its own says so anew.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls)
        if "image" in own and "layers_apart" not in own:
            cls.layers_apart = False
        if "batch" in own and "batches_apart" not in own:
            cls.batches_apart = False
        if "image" in own and "images" not in own:
            # What a parent does of many images at once is not what this class does of each.
            cls.images = UpdateRule.images  # type: ignore[method-assign]

    def __init__(
        self, scheme: Settings, layers: Sequence[LayerState], rate: float, batch: int, seed: int
    ):
        self.scheme = scheme
        self.layers = list(layers)
        for layer in () if self.trains_biases else self.layers:
            layer.biases = None
        self.rate = rate
        self.batch_size = batch
        self.seed = seed
        self.done = [ActionCounts() for _ in self.layers]
        self.words = Words(self.layers, seed)

    def follow(self, rate: float) -> None:
        """Go on with another learning rate. A rule that holds it elsewhere than in `rate` overrides
        this, or says that it does not follow.

        Args:
            rate: of the mini-batches that follow.
        """
        self.rate = rate

    @abstractmethod
    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        """Use one image's inputs and errors.

        Args:
            layer: state of the layer, which is changed in place.
            inputs: (N, V), one vector a column.
            errors: (M, V), or (2, M, V) where target and output go back as two errors.
            step: number of the image in the run: the key of random numbers.
        """

    def images(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        """Use the images of a mini-batch, one after the other; a rule may do so in one call.

        Args:
            layer: state of the layer, which is changed in place.
            inputs: (B, N, V), of every image.
            errors: (B, M, V), or (B, 2, M, V).
            step: number of the first image in the run.
        """
        for b, (x, d) in enumerate(zip(inputs, errors)):
            self.image(layer, x, d, step + b)

    def batch(self, layer: LayerState, step: int) -> None:
        """Finish a mini-batch. Rules that work image by image leave it as it is.

        Args:
            layer: state of the layer, which is changed in place.
            step: number of its last image in the run.
        """
        return None

    def backward_weights(self) -> list[np.ndarray] | None:
        """Digital weights (M, N) by layer from which the backward cycle is computed, exactly; None:
        it reads the arrays.
        """
        return None

    def state(self) -> dict[str, np.ndarray]:
        """Arrays that a checkpoint must carry besides weights and devices, by name; they are
        restored in place.
        """
        return {}

    def kept(self) -> dict[str, np.ndarray]:
        """`state`, and the scales of the digital words."""
        return self.state() | self.words.state()

    def facts(self) -> dict[str, Any]:
        """JSON-able numbers that a checkpoint must carry."""
        return {}

    def notes(self) -> list[str]:
        """What the result has to say of this training."""
        return []

    def restore(self, facts: dict[str, Any]) -> None:
        """Take back what `facts` gave; arrays of `state` are restored before.

        Args:
            facts: what a checkpoint kept.
        """
        return None

    def clear(self) -> None:
        """Start counting anew."""
        self.done = [ActionCounts() for _ in self.layers]

    def further_activities(self, layer: LayerState) -> dict[str, Activity]:
        """The measured activity of the scheme's further arrays of a layer.

        Args:
            layer: state of the layer.

        Returns:
            activity by the arrays' names.
        """
        return {}

    def further_writes(self, layer: LayerState) -> dict[str, np.ndarray]:
        """What each device of the scheme's further arrays has had.

        Args:
            layer: state of the layer.

        Returns:
            pulses or programming operations, (rows, columns), by the arrays' names.
        """
        return {}

    def age(self, layer: LayerState, batches: int, seconds: float, step: int) -> None:
        """Age the devices of the scheme's further arrays of a layer.

        Args:
            layer: state of the layer.
            batches: mini-batches since the last call.
            seconds: simulated time since then.
            step: number of the last image in the run: a key of random numbers.
        """
        return None

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        """The measured activity of the layer's update since counting began.

        Args:
            layer: state of the layer.
            before: has the densities of its inputs.

        Returns:
            the same with what the rule counted.
        """
        return before
