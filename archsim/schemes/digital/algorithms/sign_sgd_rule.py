"""The algorithm of signSGD by blind pulses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np

from archsim.kernels.random import WRITE, as_word, stream_key
from archsim.kernels.rounding import whole_pulses
from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.digital_rule import GradientRule
from archsim.schemes.shared.expected_pulses import pulses_without_noise
from archsim.schemes.shared.optimiser_rule import gradient_of

F = np.float32
U = np.uint64
MOST_PULSES = 64  # to one device after one batch
CHANCE = U(60)  # added to the stream number of writes: whether the part of a pulse is one


class SignSettings(Protocol):
    """What the rule reads of its scheme."""

    momentum: float

    @property
    def weight_work(self) -> dict[str, float]: ...


class SignRule(GradientRule[SignSettings]):
    """Momentum is digital; weights are known to the devices alone, biases beside the arrays are words."""

    trains_biases: ClassVar[bool] = True
    batches_apart: ClassVar[bool] = True

    def __init__(
        self, scheme: SignSettings, layers: Sequence[LayerState], rate: float, batch: int, seed: int
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.words.hold("momentum")
        if any(layer.biases is not None for layer in self.layers):
            self.words.hold("biases")
        for layer in self.layers:
            if layer.biases is not None:
                self.words.store(layer, "biases", layer.biases, 0)
        self.momenta = [np.zeros(layer.trained_shape, F) for layer in self.layers]

    def batch(self, layer: LayerState, step: int) -> None:
        momentum = self.momenta[layer.index]
        gradient = self.gradients[layer.index]
        done = self.done[layer.index]
        momentum *= F(self.scheme.momentum)
        momentum += F(1 - self.scheme.momentum) * gradient
        self.words.store(layer, "momentum", momentum, step)
        gradient[...] = 0
        direction = np.sign(momentum)
        done.add_work(self.scheme.weight_work, momentum.size)
        if layer.biases is not None:
            layer.biases += F(self.rate) * direction[:, -1]
            self.words.store(layer, "biases", layer.biases, step)
            done.add("vector_unit", "add", layer.biases.size)
            direction = direction[:, :-1]
        if layer.devices is None:
            layer.weights += F(self.rate) * direction
            pulses = np.abs(direction).astype(np.int32)
            layer.writes += pulses
        else:
            signed = self._whole(direction * F(self.rate / layer.devices.granularity), layer, step)
            layer.devices.pulse(
                signed, seed=self.seed, step=step, tile=layer.tile, writes=layer.writes
            )
            pulses = np.abs(signed)
        done.add("array", "write", pulses.sum())
        done.sum("devices_written", np.count_nonzero(pulses))
        done.sum("write_pulses", pulses.sum())

    def _whole(self, wanted: np.ndarray, layer: LayerState, step: int) -> np.ndarray:
        """Whole pulses (M, N): the part below one by chance, so that the mean is the rate."""
        key = stream_key(as_word(self.seed), as_word(step), as_word(layer.tile), WRITE + CHANCE)
        signed = np.empty(wanted.shape, np.int32)
        whole_pulses(wanted, MOST_PULSES, as_word(key), True, signed)
        return signed

    def state(self) -> dict[str, np.ndarray]:
        return {
            f"{layer.index}.{name}": arrays[layer.index]
            for layer in self.layers
            for name, arrays in (("gradient", self.gradients), ("momentum", self.momenta))
        }


def reference_change(
    scheme: SignSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """See `Scheme.reference_change`: the mean over the two whole numbers of pulses around the rate."""
    direction = np.sign(gradient_of(inputs, errors))
    if layer.devices is None:
        return rate * direction
    wanted = min(rate / layer.devices.granularity, MOST_PULSES)
    low = int(wanted)
    below, above = (
        pulses_without_noise(layer.devices, number * direction) for number in (low, low + 1)
    )
    return below + (wanted - low) * (above - below)
