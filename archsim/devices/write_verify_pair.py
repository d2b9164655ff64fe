"""Bulk-switching RRAM programmed by incremental step pulses with verify (Wu et al. 2023), two
non-negative devices a weight.
"""

from __future__ import annotations

import numpy as np

from archsim.devices.device import Device
from archsim.devices.one_sided_pair import one_sided
from archsim.devices.parameters import AGEING, BOUNDS
from archsim.kernels.update import device_law
from hwlib.effects import COMPUTED, WORSE
from hwlib.part import Parameter


@device_law
def level_step(weight, up, count, noise, planes, j, law):
    """One programming operation per pulse: a level up, plus the programming error."""
    a_up, a_down = planes[0, j], planes[1, j]
    # The error is that of one programming operation, however far it goes: not times the count.
    return weight + (a_up if up else -a_down) * count + law[0] * noise


def level_step_reference(weight, up, count, noise, planes, law):
    """The same on arrays."""
    return weight + np.where(up, planes[0], -planes[1]) * count + law[0] * noise


class WriteVerifyPair(Device):
    """`DeviceArray.program` writes targets: target + N(0, program_error), repeated until inside
    +-verify_window, at most `cycles` times.

    A blind pulse is one programming operation to the next level from where the device stands.
    Weight 1 is the whole window G_max - G_min of one device (dual column: W = W+ - W-).
    """

    name = "write_verify_pair"
    title = "bulk RRAM pair, write-verify"
    source = "wu2023"
    parameters = (
        *one_sided(BOUNDS),
        *AGEING,
        Parameter("pulse_step", 1 / 15, 1e-6, 1.0, note="distance of two levels", effects=COMPUTED),
        Parameter(
            "program_error",
            0.5 / 15,
            0.0,
            1.0,
            note="standard deviation of one programming operation",
            effects=WORSE,
        ),
        Parameter(
            "verify_window",
            0.5 / 15,
            1e-9,
            10.0,
            note="half width of the window of the verify read",
            effects=COMPUTED,
        ),
        Parameter(
            "cycles",
            2,
            1,
            1000,
            integer=True,
            note="most SET-RESET cycles of one programming operation",
            effects=COMPUTED,
        ),
        Parameter(
            "read_noise",
            0.0,
            0.0,
            1.0,
            note="standard deviation of one device in a read, anew in each",
            effects=WORSE,
        ),
    )
    paired = True
    step = staticmethod(level_step)
    step_reference = staticmethod(level_step_reference)

    def scalars(self):
        return (self.program_error,)

    def steps(self, draw):
        # The verify read removes the differences between devices: a level is a level.
        level = np.full_like(draw(), self.pulse_step)
        return [level, level.copy()]
