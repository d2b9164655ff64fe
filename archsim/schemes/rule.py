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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from archsim.schemes.shared.words import EXACT, Arithmetic, Words
from archsim.trace.operation import Activity
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.devices.array import DeviceArray
    from archsim.schemes.shared.state_read import LineRead

# The settings that a rule reads: in a run the scheme itself.
Settings = TypeVar("Settings")
Contravariant = TypeVar("Contravariant", contravariant=True)


@dataclass
class LayerState:
    """One array layer as a rule sees it. M outputs, N inputs (the bias line included), V vectors an
    image.

    `weights` float32 (M, N) is what a read sees and is written in place (through `devices` where
    there are any);
    `writes` int32 (M, N) counts pulses or programming operations a device; `tile` keys its random
    numbers; `arithmetic` is that of the digital side. `intended` float32 (M, N) is what was to be
    written before the first image: a digital copy starts there, since what devices made of it takes
    a read to know. `line_read` is that of a line (see `shared.state_read`); None: exact. `biases`
    float32 (M,) are digital words that are added behind the converters: weights and devices have no
    line for them, and N counts none; None: the array holds them, or the rule leaves them alone. A
    `frozen` layer takes no step.
    """

    index: int
    name: str
    weights: np.ndarray
    devices: DeviceArray | None
    writes: np.ndarray
    vectors: int
    bias: bool
    tile: int
    arithmetic: Arithmetic = EXACT
    intended: np.ndarray | None = None
    line_read: LineRead | None = None
    biases: np.ndarray | None = None
    frozen: bool = False

    @property
    def first_weights(self) -> np.ndarray:
        """The weights that were to be written before the first image, float32 (M, N), a copy; digital
        biases are one column more.
        """
        first = self.weights if self.intended is None else self.intended
        return first.copy() if self.biases is None else np.column_stack([first, self.biases])

    @property
    def trained_shape(self) -> tuple[int, int]:
        """(M, N), or (M, N + 1) with digital biases as the last column: what a rule computes
        changes of.
        """
        rows, lines = self.weights.shape
        return rows, lines + (self.biases is not None)

    def set_biases(self, values: np.ndarray) -> None:
        """Take the last column of values (M, N + 1) for the digital biases, where there are some."""
        if self.biases is not None:
            self.biases[...] = values[:, -1]

    @property
    def on_devices(self) -> DeviceArray:
        """The devices, for a rule that works on nothing else."""
        if self.devices is None:
            raise InputError(
                "this scheme needs devices", where="device", got="none", hint="gokmen2016"
            )
        return self.devices


@dataclass
class ActionCounts:
    """What a rule did to one layer since counting began: `actions` by (component, action) in the
    ledger's words, and sums from which the measured activity of the layer's update follows."""

    images: int = 0
    batches: int = 0
    actions: dict[tuple[str, str], float] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, component: str, action: str, count: float | np.number[Any]) -> None:
        """Count actions."""
        self.actions[component, action] = self.actions.get((component, action), 0.0) + float(count)

    def add_work(self, work: Mapping[str, float], times: float = 1) -> None:
        """Count `work` of the vector unit, `times` over."""
        for action, count in work.items():
            self.add("vector_unit", action, count * times)

    def sum(self, name: str, value: float | np.number[Any]) -> None:
        """Add to a named sum."""
        self.sums[name] = self.sums.get(name, 0.0) + float(value)


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
