"""Options of the verbs, beyond what goes on which chip: each as words, which a type checker reads in
a call, and as a record with the defaults, which the verb works with. They name the same fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from archsim.run.trained_weights import Weights
    from archsim.soc.observers import Observer
    from archsim.training.first_state import FirstWeights
    from archsim.training.settings import TrainingSettings
    from workloads.datasets import Dataset

Steps = Callable[[int, int], None]
"""progress(steps done, steps in all) of a simulation."""
Bar = Callable[..., None]
"""progress(done, total, text) of a training or of the data that it fetches."""
Watch = Callable[[dict[str, Any]], None]
"""Gets the dicts of the training core (`archsim.training.loop.train`)."""


class SimulationWords(TypedDict, total=False):
    """Options of `simulate` and `Build.run`."""

    seed: int
    timing: bool
    engine: str
    setup: bool
    data: Any
    observers: Sequence[Observer]
    progress: Steps | None
    activity: str | Path | None
    device: str | None
    device_settings: Mapping[str, Any] | None
    at: float


@dataclass(frozen=True, kw_only=True)
class SimulationOptions:
    """What `simulate` does; `simulate` says what each field means."""

    seed: int = 0
    timing: bool = True
    engine: str = "auto"
    setup: bool = True
    data: Any = None
    observers: Sequence[Observer] = ()
    progress: Steps | None = None
    activity: str | Path | None = None
    device: str | None = None
    device_settings: Mapping[str, Any] | None = None
    at: float = 0.0


class TrainingWords(TypedDict, total=False):
    """Options of `train`."""

    device: str | None
    settings: TrainingSettings | Mapping[str, Any] | None
    images: int | None
    weights: Weights | FirstWeights
    folder: str | Path | None
    resume: bool
    early_stop: int | None
    node_nm: float | None
    progress: Bar | None
    watch: Watch | None


class BuiltTrainingWords(TrainingWords, total=False):
    """Options of `Build.train`: network, chip and update rule are those of the build."""

    data: str | Path | Dataset
    epochs: int
    batch: int | None
    seed: int


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How `train` goes about it; `train` says what each field means."""

    device: str | None = None
    settings: TrainingSettings | Mapping[str, Any] | None = None
    images: int | None = None
    weights: Weights | FirstWeights = None
    folder: str | Path | None = None
    resume: bool = False
    early_stop: int | None = None
    node_nm: float | None = None
    progress: Bar | None = None
    watch: Watch | None = None
