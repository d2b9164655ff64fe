"""Phase-change memory: a one-sided pair of exponential steps with state-dependent noise, refresh
and conductance drift.
"""

from __future__ import annotations

import math
from dataclasses import replace

from archsim.devices.exponential_step import SHAPE, ExponentialStep
from archsim.devices.one_sided_pair import REFRESH, one_sided
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from hwlib.effects import Effects

_IGNORED = dict.fromkeys(("amplitude_down", "gamma_down"), "a pair is pulsed up only")
_SHAPE = tuple(
    replace(parameter, effects=Effects(nothing=_IGNORED[parameter.name]))
    if parameter.name in _IGNORED
    else parameter
    for parameter in SHAPE
)


class PhaseChangePair(ExponentialStep):
    """The exponential step on both devices of a pair, up pulses only (crystallising SET);
    parameters of the PCM preset of aihwkit.
    """

    name = "phase_change_pair"
    title = "phase-change memory pair"
    source = "aihwkit"
    parameters = (*one_sided(STEP + BOUNDS), *AGEING, *_SHAPE, *REFRESH)
    paired = True
    ignored = _IGNORED

    def granularity(self):
        """The up step in the middle of a device's range; at its reset state the step is many times
        larger.
        """
        # z = 2 a w / (b_max - b_min) + b at half of a range from zero: 2 a / 2 + b.
        middle = self.scale_a + self.offset_b
        return self.pulse_step * max(
            0.0, 1.0 - self.amplitude_up * math.exp(self.gamma_up * middle)
        )
