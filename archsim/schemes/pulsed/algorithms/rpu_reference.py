"""The expected weight change of the pulsed update, which the compiled training core makes (rule
"rpu"): slow and plain, vector by vector.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.expected_pulses import expected_change

LONGEST = 31  # slots of the core's pulse trains where nobody names another number


class PulsedSettings(Protocol):
    """What the reference reads of its scheme."""

    update_management: bool


def reference_change(
    scheme: PulsedSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """See `Scheme.reference_change`."""
    return expected_change(
        layer.on_devices, inputs, errors, rate, LONGEST, scheme.update_management
    )
