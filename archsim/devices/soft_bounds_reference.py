"""Soft bounds read against a reference device: the weight is the device's value minus a fixed
reference.
"""

from __future__ import annotations

import numpy as np

from archsim.devices.device import Device
from archsim.devices.linear_step import NOISE_PLACE, noise_scalars
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from archsim.devices.soft_bounds import inverse
from archsim.kernels.update import device_law
from hwlib.effects import COMPUTED
from hwlib.part import Parameter

ONE = np.float32(1.0)


@device_law
def shifted_step(weight, up, count, noise, planes, j, law):
    """The linear step of v = w + reference; plane 6 is the reference."""
    a_up = planes[0, j]
    a_down = planes[1, j]
    slope_up = planes[4, j]
    slope_down = planes[5, j]
    left = ONE - (slope_up if up else slope_down) * (weight + planes[6, j])
    return weight + (a_up if up else -a_down) * (left * (ONE + law[0] * noise) + law[1] * noise)


def shifted_step_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    left = ONE - np.where(up, planes[4], planes[5]) * (weight + planes[6])
    return weight + np.where(up, planes[0], -planes[1]) * (
        left * (ONE + law[0] * noise) + law[1] * noise
    )


class SoftBoundsReference(Device):
    """Soft bounds acting on v = w + ref, stored as v - ref; ref = mean + spread N, plus the
    symmetry point on request (aihwkit).
    """

    name = "soft_bounds_reference"
    title = "soft bounds against a reference device"
    source = "aihwkit"
    parameters = (
        *STEP,
        *BOUNDS,
        *AGEING,
        NOISE_PLACE,
        Parameter(
            "reference_mean", 0.0, -100.0, 100.0, note="mean of the reference", effects=COMPUTED
        ),
        Parameter(
            "reference_spread",
            0.0,
            0.0,
            100.0,
            note="standard deviation of the reference",
            effects=COMPUTED,
        ),
        Parameter(
            "subtract_symmetry_point",
            "no",
            choices=("no", "yes"),
            note="zero-shifting: add the device's symmetry point",
            effects=COMPUTED,
        ),
    )
    planes_written = True  # zero-shifting programs the reference
    step = staticmethod(shifted_step)
    step_reference = staticmethod(shifted_step_reference)

    def scalars(self) -> tuple[float, ...]:
        return noise_scalars(self)

    def own_planes(self, planes, draw):
        """Slopes of the unshifted device, its reference; the bounds become those of w."""
        up, down, lower, upper = planes
        slope_up, slope_down = inverse(upper), inverse(lower)
        reference = self.reference_mean + self.reference_spread * draw()
        if self.subtract_symmetry_point == "yes":
            # a_up (1 - v/b_max) = a_dn (1 - v/b_min), Rasch 2024 Eq. 8
            reference += (up - down) * inverse(up * slope_up - down * slope_down)
        # In place: these planes are what the kernels clip the weight to.
        lower -= reference
        upper -= reference
        return [slope_up, slope_down, reference]
