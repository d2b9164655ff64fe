"""Soft bounds: a linear step that vanishes at each device's own bound."""

from __future__ import annotations

import numpy as np

from archsim.devices.device import Device
from archsim.devices.linear_step import (
    NOISE_PLACE,
    linear_step,
    linear_step_reference,
    noise_scalars,
)
from archsim.devices.parameters import AGEING, BOUNDS, STEP


class SoftBounds(Device):
    """w += a_up (1 - w/b_max + s_c xi), w -= a_dn (1 - w/b_min + s_c xi): Rasch 2024, Eq. 2-8, with
    noise_place "bracket".

    With "step" the noise shrinks towards the bound, as in aihwkit's SoftBounds.
    """

    name = "soft_bounds"
    title = "soft bounds"
    source = "rasch2024"
    parameters = (*STEP, *BOUNDS, *AGEING, NOISE_PLACE)
    step = staticmethod(linear_step)
    step_reference = staticmethod(linear_step_reference)

    def scalars(self) -> tuple[float, ...]:
        return noise_scalars(self)

    def own_planes(self, planes, draw):
        return [inverse(planes[3]), inverse(planes[2])]


def inverse(values: np.ndarray) -> np.ndarray:
    """1/v, and 0 where v is 0: a bound at zero does not soften the step (as aihwkit)."""
    return np.divide(1.0, values, out=np.zeros_like(values), where=values != 0)
