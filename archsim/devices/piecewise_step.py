"""Piecewise step: the step at five weights across the device's range, as measured, and straight lines
between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from archsim.devices.device import Device
from archsim.devices.linear_step import NOISE_PLACE, noise_scalars
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from archsim.devices.soft_bounds import inverse
from archsim.kernels.update import device_law
from hwlib.effects import COMPUTED
from hwlib.errors import InputError
from hwlib.part import Parameter

ZERO, ONE, TWO, THREE = (np.float32(number) for number in range(4))
NODES = (0, 25, 50, 75, 100)  # of the range between the bounds, in per cent


@device_law
def piecewise_step(weight, up, count, noise, planes, j, law):
    """w +- a (f(z) (1 + s_mult N) + s_add N), z the place in the range in units of a quarter (plane 4:
    its inverse). f by hinges: one straight line and what its slope changes by at each inner node,
    which LLVM vectorises where a search for the segment would not.
    """
    a_up = planes[0, j]
    a_down = planes[1, j]
    z = (weight - planes[2, j]) * planes[4, j]
    second = max(z - ONE, ZERO)
    third = max(z - TWO, ZERO)
    fourth = max(z - THREE, ZERO)
    f_up = law[2] + law[3] * z + law[4] * second + law[5] * third + law[6] * fourth
    f_down = law[7] + law[8] * z + law[9] * second + law[10] * third + law[11] * fourth
    # Outside the outer nodes the last line goes on: not below zero, where a pulse would push back.
    left = max(f_up if up else f_down, ZERO)
    return weight + (a_up if up else -a_down) * (left * (ONE + law[0] * noise) + law[1] * noise)


def piecewise_step_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    z = (weight - planes[2]) * planes[4]
    second, third, fourth = (np.maximum(z - knee, ZERO) for knee in (ONE, TWO, THREE))
    f_up, f_down = (
        first + slope * z + at_one * second + at_two * third + at_three * fourth
        for first, slope, at_one, at_two, at_three in (law[2:7], law[7:12])
    )
    left = np.maximum(np.where(up, f_up, f_down), ZERO)
    return weight + np.where(up, planes[0], -planes[1]) * (
        left * (ONE + law[0] * noise) + law[1] * noise
    )


def hinges(nodes: Sequence[float]) -> tuple[float, ...]:
    """The first node, the first slope a segment, and what the slope changes by at each inner node."""
    slopes = np.diff(nodes)
    return (float(nodes[0]), float(slopes[0]), *map(float, np.diff(slopes)))


def _nodes(direction: str, values: Sequence[float]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            f"{direction}_{node}",
            value,
            0.0,
            1000.0,
            note=f"{direction} step at {node} % of the way from the lower to the upper bound, in pulse steps",
            effects=COMPUTED,
        )
        for node, value in zip(NODES, values, strict=True)
    )


class PiecewiseStep(Device):
    """w += a_up f_up(z)(1 + s_c xi) and the same down, z = (w - b_min)/(b_max - b_min), f linear between
    the nodes (aihwkit PiecewiseStep, with five nodes).

    Any measured response to equal pulses fits in: read the mean step at five weights. The defaults
    are soft bounds. `pulse_step` is the step where a node says 1. aihwkit's noise is that of
    noise_place "bracket".
    """

    name = "piecewise_step"
    title = "piecewise linear step, as measured"
    source = "aihwkit"
    parameters = (
        *STEP,
        *BOUNDS,
        *AGEING,
        NOISE_PLACE,
        *_nodes("up", (2.0, 1.5, 1.0, 0.5, 0.0)),
        *_nodes("down", (0.0, 0.5, 1.0, 1.5, 2.0)),
    )
    step = staticmethod(piecewise_step)
    step_reference = staticmethod(piecewise_step_reference)

    def nodes(self, direction: str) -> list[float]:
        """The steps up or down at the nodes, in pulse steps."""
        return [self.number(f"{direction}_{node}") for node in NODES]

    def scalars(self) -> tuple[float, ...]:
        return (*noise_scalars(self), *hinges(self.nodes("up")), *hinges(self.nodes("down")))

    def granularity(self) -> float:
        """Mean of the up and the down step at w = 0 of the mean device."""
        low, high = self.number("lower_bound"), self.number("upper_bound")
        # Weight 0 in per cent of the way between the bounds.
        share = 100 * -low / (high - low)
        steps = [float(np.interp(share, NODES, self.nodes(way))) for way in ("up", "down")]
        mean = self.number("pulse_step") * sum(steps) / 2
        if not mean > 0:
            raise InputError(
                "no pulse moves this device at weight 0",
                where=f"{self.name}.up_50",
                got=0,
                hint="raise the nodes around weight 0",
            )
        return mean

    def own_planes(
        self, planes: list[np.ndarray], draw: Callable[[], np.ndarray]
    ) -> list[np.ndarray]:
        return [(len(NODES) - 1) * inverse(planes[3] - planes[2])]
