"""Threshold accumulation (Wu 2023): optimiser steps gather in a digital accumulator, a device is
programmed only when its accumulator exceeds the programming granularity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np

from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.shared.digital_rule import DigitalRule, DigitalRuleSettings
from archsim.schemes.shared.expected_pulses import pulses_without_noise
from archsim.schemes.shared.optimiser_rule import reference_step
from archsim.schemes.shared.state_read import read_state
from archsim.schemes.shared.writing import devices_of_a_weight, write_targets

F = np.float32
MOST_PULSES = 64  # to one device after one batch
# A weight and batch, beside the optimiser: into the accumulator, and against the threshold.
GATHERING: dict[str, float] = {"add": 1, "compare": 1}


class ThresholdSettings(DigitalRuleSettings, Protocol):
    """What the rule reads of its scheme."""

    threshold: float
    keep_remainder: bool
    accumulate: bool

    @property
    def writing(self) -> str: ...

    @property
    def has_copy(self) -> bool: ...


class ThresholdRule(DigitalRule[ThresholdSettings]):
    """W_FP (the digital copy) follows the devices' targets; dW_FP gathers the optimiser's steps.

    Where |dW_FP| > theta: target = W_FP + dW_FP clipped to the devices' window, program, W_FP <-
    target, dW_FP <- 0 (or what the clip left, with `keep_remainder`). theta is `threshold` times
    the window of one device. Sec. 2.1, 2.5 of the paper.

    With blind pulses (Nandakumar 2020; aihwkit MixedPrecision): n = trunc(dW_FP / epsilon) pulses,
    dW_FP <- dW_FP - n epsilon, where epsilon is the mean step of a device; W_FP <- W_FP + n
    epsilon, what the devices are believed to hold.

    A digital bias has neither threshold nor window nor step: what gathers reaches it in every batch.
    """

    batches_apart: ClassVar[bool] = True

    def __init__(
        self,
        scheme: ThresholdSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.accumulators = [np.zeros(layer.trained_shape, F) for layer in self.layers]
        self.words.hold("accumulator")
        self.windows = [self._window(layer) for layer in self.layers]

    @staticmethod
    def _window(layer: LayerState) -> tuple[float, float]:
        if layer.devices is None:
            return -1.0, 1.0
        planes = layer.devices.every_plane()
        paired = layer.devices.device.paired
        # The mean device: what is programmed is not known device by device.
        upper = float(planes[:, :, 3].mean())
        # A pair holds both signs on two devices that each hold one.
        return (-upper, upper) if paired else (float(planes[:, :, 2].mean()), upper)

    def batch(self, layer: LayerState, step: int) -> None:
        i = layer.index
        copy = self.copies[i]
        gathered = self.accumulators[i]
        gathered += self.change(layer, step)
        self.words.store(layer, "accumulator", gathered, step)
        if self.scheme.writing == "pulses":
            self._pulse(layer, copy, gathered, step)
            return
        low, high = self.windows[i]
        lines = layer.weights.shape[1]
        if not self.scheme.accumulate:
            # the naive scheme knows of its devices what a read says, and keeps that as its copy
            seen = copy.copy()
            seen[:, :lines] = read_state(layer, self.seed, step)
            self.done[i].sum("verify_reads", layer.weights.size * devices_of_a_weight(layer))
            targets = seen + gathered
            np.clip(targets[:, :lines], low, high, out=targets[:, :lines])
            gathered[...] = 0
            write_targets(
                layer, targets, np.ones(targets.shape, bool), self.done[i], self.seed, step
            )
            copy[...] = targets
            self.words.store(layer, "digital weights", copy, step)
            return
        selected = np.abs(gathered) > self.scheme.threshold * high
        # Digital biases, behind the lines of the array.
        selected[:, lines:] = True
        targets = copy + gathered
        np.clip(targets[:, :lines], low, high, out=targets[:, :lines])
        write_targets(layer, targets, selected, self.done[i], self.seed, step)
        # What the window cut off.
        rest = copy + gathered - targets
        copy[selected] = targets[selected]
        gathered[selected] = rest[selected] if self.scheme.keep_remainder else 0
        if selected.any():
            self._written(layer, copy, gathered, step)
        # Every weight in every batch, written or not.
        self.done[i].add_work(GATHERING, gathered.size)

    def _written(self, layer: LayerState, copy: np.ndarray, rest: np.ndarray, step: int) -> None:
        """What a write changed goes back as words."""
        self.words.store(layer, "digital weights", copy, step)
        self.words.store(layer, "accumulator", rest, step)

    def _pulse(self, layer: LayerState, copy: np.ndarray, gathered: np.ndarray, step: int) -> None:
        devices = layer.devices
        done: ActionCounts = self.done[layer.index]
        size = F(
            self.scheme.threshold * self.windows[layer.index][1]
            if devices is None
            else devices.granularity
        )
        signed = np.trunc(gathered / size).clip(-MOST_PULSES, MOST_PULSES).astype(np.int32)
        moved = signed * size
        lines = layer.weights.shape[1]
        moved[:, lines:] = gathered[:, lines:]
        gathered -= moved
        copy += moved
        self._written(layer, copy, gathered, step)
        layer.set_biases(copy)
        if layer.biases is not None and not self.scheme.has_copy:
            done.add("vector_unit", "add", layer.biases.size)
        signed = signed[:, :lines]
        moved = moved[:, :lines]
        if devices is None:
            layer.weights += moved
            layer.writes += np.abs(signed)
        else:
            devices.pulse(signed, seed=self.seed, step=step, tile=layer.tile, writes=layer.writes)
        pulses = int(np.abs(signed).sum())
        done.add("array", "write", pulses)
        done.sum("devices_written", np.count_nonzero(signed))
        done.sum("write_pulses", pulses)
        done.add_work(GATHERING, gathered.size)

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {
            f"{layer.index}.gathered": self.accumulators[layer.index] for layer in self.layers
        }


def reference_change(
    scheme: ThresholdSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """See `Scheme.reference_change`: the optimiser's first step, where it passes the threshold."""
    window = 1.0 if layer.devices is None else float(layer.devices.every_plane()[:, :, 3].mean())
    start = layer.weights.astype(float)
    gathered = reference_step(scheme, start, inputs, errors, rate)
    if scheme.writing == "pulses":
        exact = layer.devices is None
        size = scheme.threshold * window if exact else layer.on_devices.granularity
        pulses = np.trunc(gathered / size).clip(-MOST_PULSES, MOST_PULSES)
        return pulses * size if exact else pulses_without_noise(layer.on_devices, pulses)
    moved = abs(gathered) > scheme.threshold * window
    return ((start + gathered).clip(-window, window) - start) * moved
