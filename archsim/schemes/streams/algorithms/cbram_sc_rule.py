"""The algorithm of the CBRAM optimiser: devices as transfer curves of the converters, averages and
quotients on streams.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from archsim.kernels.stream_filters import Moments, StreamDrawing, Widths, adam, average
from archsim.schemes.layer_state import LayerState
from archsim.schemes.streams.algorithms.stream_rule import (
    LEAST,
    StreamRule,
    plain_transfer,
    power_of_two,
)
from archsim.schemes.streams.algorithms.stream_settings import OPTIMISER, StreamSettings, numbers_of
from archsim.trace.operation import Activity

F = np.float32
NODES = 9  # Gauss-Hermite nodes of the spread from pulse to pulse


class CbramSettings(StreamSettings, Protocol):
    """What the rule reads of its scheme."""

    length: int
    first_bits: int
    second_bits: int
    root_bits: int
    hold: int
    driver_bits: int
    predistortion: bool
    device_spread: float
    pulse_spread: float

    @property
    def optimiser(self) -> str: ...
    @property
    def optimiser_bits(self) -> int: ...
    @property
    def beta1(self) -> float: ...
    def optimiser_work(self) -> tuple[dict[str, float], dict[str, dict[str, float]]]: ...


def device_transfer(scheme: CbramSettings, devices: int, seed: int) -> np.ndarray:
    """Probability float64 (devices, 2^resolution + 1) with which a pulse for level k switches each
    device.

    The driver holds V(p) = V0 ln(-tau0 ln(1 - p)/t) rounded to its steps; in units of V0 that is
    the logarithm of h = t/tau(V), so the law's constants drop out. Without predistortion V runs
    straight with p over the same range. Then p' = 1 - exp(-h exp(sigma z)), z fixed
    for a device plus fresh for every pulse; bits are independent, so the fresh part is its mean
    over z. Level 0 gives no pulse.
    """
    levels = 2**scheme.resolution
    wanted = np.minimum(np.arange(levels + 1) / levels, 1 - 0.5 / levels)
    low, high = (math.log(-math.log1p(-p)) for p in (1 / levels, wanted[-1]))
    exact = np.log(-np.log1p(-np.maximum(wanted, 1 / levels)))
    exponent = exact if scheme.predistortion else low + (high - low) * wanted
    step = (high - low) / (2**scheme.driver_bits - 1)
    exponent = low + np.rint((exponent - low) / step) * step
    fixed = (
        np.random.Generator(np.random.Philox(key=[seed, 0xCB])).standard_normal(devices)
        * scheme.device_spread
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    hazard = np.exp(exponent[None, :] + fixed[:, None])
    probabilities = (
        sum(
            w * -np.expm1(-hazard * math.exp(scheme.pulse_spread * z))
            for z, w in zip(nodes, weights)
        )
        / weights.sum()
    )
    probabilities[:, 0] = 0.0
    return probabilities


def widths_of(scheme: CbramSettings) -> Widths:
    """Bits of the counters of Adam."""
    return Widths(scheme.first_bits, scheme.second_bits, scheme.root_bits)


class CbramRule(StreamRule[CbramSettings]):
    """SGD, momentum and Adam behind the stochastic outer product."""

    def __init__(
        self,
        scheme: CbramSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        kind = scheme.optimiser
        shapes = [layer.trained_shape for layer in self.layers]
        names = {
            "sgd": (),
            "momentum": ("first",),
            "adam": ("first", "second", "root", "held", "saved"),
        }[kind]
        self.counters = [{name: np.zeros(shape, np.int32) for name in names} for shape in shapes]
        # the scale of a layer's gradient streams, how long less than half of it was used, and
        # mini-batches so far
        self.exponents = [{"exponent": 0, "idle": 0, "batches": 0, "begun": 0} for _ in self.layers]
        self.optimiser_numbers = [
            numbers_of(scheme, seed, layer, OPTIMISER) for layer in self.layers
        ]

    def thresholds(self) -> np.ndarray:
        if self.scheme.generator != "cbram":
            return plain_transfer(self.scheme.resolution)
        return np.rint(
            device_transfer(self.scheme, self.scheme.converters(), self.seed) * 65536
        ).astype(np.int32)

    def change(self, layer: LayerState, step: int) -> np.ndarray:
        scheme = self.scheme
        index = layer.index
        gradient = self.gradients[index]
        rate = self.rate
        done = self.done[index]
        work, units = scheme.optimiser_work()
        done.add_work(work, gradient.size)
        if scheme.optimiser == "sgd":
            return F(rate) * gradient
        inverse = F(2.0 ** -self._rescale(index, float(np.abs(gradient).max())))
        first = self.exponents[index]["batches"] * len(gradient) * scheme.length
        self.exponents[index]["batches"] += 1
        ones = np.zeros(1, np.int64)
        numbers = self.optimiser_numbers[index]
        drawing = StreamDrawing(inverse, scheme.length, self.multiplier.transfer, numbers, first)
        counters = self.counters[index]
        if scheme.optimiser == "momentum":
            average(counters["first"], gradient, scheme.first_bits, drawing, ones)
            # the average is (1 - beta) times the velocity of classical momentum
            change = (
                F(rate / (1 - scheme.beta1) * 2.0**-scheme.first_bits / float(inverse))
                * counters["first"]
            )
        else:
            quotients = np.empty(gradient.shape, F)
            adam(Moments(**counters), quotients, gradient, widths_of(scheme), drawing, ones)
            change = F(rate) * quotients
        for unit, table in units.items():
            name, action = unit.split(".")
            done.add(
                name, action, ones[0] if "magnitude" in table else table["step"] * gradient.size
            )
        done.sum("optimiser_ones", ones[0])
        done.sum("optimiser_steps", gradient.size)
        return change

    def _rescale(self, index: int, largest: float) -> int:
        """The exponent of the gradient's scale: up at once, down by one after `hold` mini-batches
        below half; counters shift with it.
        """
        state = self.exponents[index]
        # a gradient that is no number is the training loop's to report
        usable = LEAST <= largest < math.inf
        needed = int(math.log2(power_of_two(largest))) if usable else state["exponent"]
        if not state["begun"]:
            state["exponent"] = needed
            state["begun"] = int(usable)
            return state["exponent"]
        state["idle"] = state["idle"] + 1 if needed < state["exponent"] else 0
        shift = max(0, needed - state["exponent"])
        if state["idle"] >= self.scheme.hold:
            shift = -1
            state["idle"] = 0
        state["exponent"] += shift
        self._shift(index, shift)
        return state["exponent"]

    def _shift(self, index: int, by: int) -> None:
        """Counters in units of a scale that grew by 2^by: m and s shift by as much, v by twice as
        much.
        """
        if not by:
            return
        widths = {
            "first": (1, self.scheme.first_bits),
            "second": (2, self.scheme.second_bits),
            "root": (1, self.scheme.root_bits),
        }
        for name, (times, bits) in widths.items():
            counter = self.counters[index].get(name)
            if counter is not None:
                counter[...] = np.clip(np.rint(counter * 2.0 ** (-by * times)), -(2**bits), 2**bits)

    def state(self) -> dict[str, np.ndarray]:
        kept = {
            f"{layer.index}.{name}": values
            for layer in self.layers
            for name, values in self.counters[layer.index].items()
        }
        return super().state() | kept

    def facts(self) -> dict[str, Any]:
        return {"exponents": self.exponents}

    def restore(self, facts: dict[str, Any]) -> None:
        self.exponents = [dict(state) for state in facts["exponents"]]

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        done = self.done[layer.index]
        bits = self.scheme.optimiser_bits
        measured = super().activity(layer, before)
        steps = done.sums.get("optimiser_steps", 0.0) * bits
        if not steps:
            return measured
        return replace(measured, magnitude=done.sums["optimiser_ones"] / steps)
