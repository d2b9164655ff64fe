"""What a training gave, and how fast it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from archsim.trace.operation import Activity
from archsim.trace.upkeep import Refreshes
from archsim.training.settings import TrainingSettings


@dataclass
class TrainingResult:
    """What a run gave. `history`: a dict an epoch (epoch, train_error_percent, test_error_percent,
    train_loss, test_loss, images_per_second, images_per_cpu_second, seconds; both rates are of the
    training alone, the second by the processor's time and without the first stretch, in which
    kernels may be compiled). `weights` (M, N) by layer, bias last; `roles`:
    values of other layers by role, as an inference takes them (scale and shift of a normalisation,
    statistics folded in); `words`: what they came from. `activities` by (layer, phase)
    over the last epoch (or what was done of the first), `activity_history` the same an epoch.
    `writes`: pulses a device received, by layer (see
    `recorder.device_writes`), `refreshes` among them, by layer, of devices that have such.
    `totals`: counts of the last epoch.
    `unread`: parameters of the device that were set and that nothing read, with the reason.
    `digital`: number formats, and by layer the scales and counts of saturated words.
    `notes`: what the update rule has to say of this training.
    `later`: seconds, test_error_percent and test_loss of the test after `test_after_s`; empty
    without one.
    `finished` False: stopped by Ctrl-C or `stop_after`; `reason` says.
    """

    settings: TrainingSettings
    network: str
    data: str
    history: list[dict[str, float]] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    roles: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    words: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    activities: dict[tuple[str, str], Activity] = field(default_factory=dict)
    activity_history: list[dict[tuple[str, str], Activity]] = field(default_factory=list)
    writes: dict[str, dict] = field(default_factory=dict)
    refreshes: dict[str, Refreshes] = field(default_factory=dict)
    totals: dict[str, dict[str, float]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    digital: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    later: dict[str, float] = field(default_factory=dict)
    images: int = 0
    seconds: float = 0.0
    finished: bool = False
    reason: str = ""

    def is_no_better_in(self, epochs: int) -> bool:
        """Whether the test error of the last `epochs` never fell below the least before them."""
        errors = [row["test_error_percent"] for row in self.history]
        return len(errors) > epochs and min(errors[-epochs:]) >= min(errors[:-epochs])


@dataclass
class Timed:
    """Images and seconds of this process's processor since an epoch began; what came first counts
    only as long as nothing else did.
    """

    images: int = 0
    seconds: float = 0.0
    first: tuple[int, float] | None = None

    def add(self, images: int, seconds: float) -> None:
        # What came first compiled and filled caches: it is only told where there is nothing else.
        if self.first is None:
            self.first = images, seconds
        else:
            self.images = self.images + images
            self.seconds = self.seconds + seconds

    @property
    def rate(self) -> float:
        """Images a second."""
        images, seconds = (self.images, self.seconds) if self.images else self.first or (0, 0.0)
        return images / max(seconds, 1e-9)
