"""One array layer as an update rule sees it, and what the rule did to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.schemes.shared.words import EXACT, Arithmetic
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.devices.array import DeviceArray
    from archsim.schemes.shared.state_read import LineRead


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
