"""What `infer` can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from archsim.run.options import Bar
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.run.trained_weights import Weights

MOST_SEEDS = 1000
CALIBRATION_IMAGES = 8


class InferenceWords(TypedDict, total=False):
    """Options of `infer`."""

    weights: Weights
    device: str | None
    device_settings: Mapping[str, Any] | None
    at: float
    seeds: int
    images: int | None
    calibration: int
    normalisation_images: int
    seed: int
    node_nm: float | None
    progress: Bar | None


@dataclass(frozen=True, kw_only=True)
class InferenceOptions:
    """What `infer` does; `infer` says what each field means."""

    weights: Weights = None
    device: str | None = None
    device_settings: Mapping[str, Any] | None = None
    at: float = 0.0
    seeds: int = 5
    images: int | None = None
    calibration: int = CALIBRATION_IMAGES
    normalisation_images: int = 0
    seed: int = 0
    node_nm: float | None = None
    progress: Bar | None = None


def check_counts(options: InferenceOptions) -> None:
    """Refuse a count that is none."""
    for name, value, least, most in (
        ("seeds", options.seeds, 1, MOST_SEEDS),
        ("calibration", options.calibration, 1, 10_000),
        ("normalisation_images", options.normalisation_images, 0, 10**9),
        ("images", 1 if options.images is None else options.images, 1, 10**9),
    ):
        # True is an int to Python.
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InputError("not a count", where=name, got=value, allowed=f"{least} to {most}")
