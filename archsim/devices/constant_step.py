"""Constant step: every pulse moves the weight by the same mean step until a hard bound (Gokmen and
Vlasov 2016).
"""

from __future__ import annotations

import numpy as np

from archsim.devices.device import Device
from archsim.kernels.update import device_law


@device_law
def constant_step(weight, up, count, noise, planes, j, law):
    """w +- a (K + s_c sqrt(K) N): the sum of K noisy steps, clipped once at the end."""
    a_up, a_down = planes[0, j], planes[1, j]
    return weight + (a_up if up else -a_down) * (count + law[0] * noise)


def constant_step_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    return weight + np.where(up, planes[0], -planes[1]) * (count + law[0] * noise)


class ConstantStep(Device):
    """w += a_up (1 + s_c xi) or w -= a_dn (1 + s_c xi), clipped to the device's bounds."""

    name = "constant_step"
    title = "constant step with hard bounds"
    source = "aihwkit"
    # K steps of one size are one step of K with the noise of their sum: no loop over pulses.
    aggregated = True
    step = staticmethod(constant_step)
    step_reference = staticmethod(constant_step_reference)
