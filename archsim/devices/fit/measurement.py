"""What was measured on devices: pulses, holds, and the facts of the measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Run:
    """Pulses of one direction on one device in one cycle.

    Attributes:
        device: its name in the file.
        cycle: number of the cycle.
        up: direction of the pulses.
        pulses: pulses before each reading, rising, the first is 0; (readings,).
        conductance_us: the readings; (readings,).
    """

    device: str
    cycle: int
    up: bool
    pulses: np.ndarray
    conductance_us: np.ndarray


@dataclass(frozen=True)
class Hold:
    """A device left alone: readings over time. `time_s` rises from 0 or more; (readings,) both."""

    device: str
    cycle: int
    time_s: np.ndarray
    conductance_us: np.ndarray


@dataclass(frozen=True)
class Measured:
    """The content of one file: its runs in the order of the file, its holds, its facts, its digest."""

    name: str
    runs: tuple[Run, ...]
    holds: tuple[Hold, ...]
    facts: Mapping[str, float | str]
    digest: str

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the devices that were pulsed, in the order of the file."""
        return tuple(dict.fromkeys(run.device for run in self.runs))

    def window_us(self) -> tuple[float, float]:
        """Lowest and highest conductance, each the mean over the devices of their own extremes."""
        # Extremes of each device, then their mean: the outermost reading of all devices would be
        # that of the strangest one.
        lows = []
        highs = []
        for device in self.devices:
            readings = np.concatenate(
                [run.conductance_us for run in self.runs if run.device == device]
            )
            lows.append(readings.min())
            highs.append(readings.max())
        return float(np.mean(lows)), float(np.mean(highs))
