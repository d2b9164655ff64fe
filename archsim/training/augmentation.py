"""Training images changed by chance before the chip gets them: shifted crops and mirror images, as the
host that feeds a chip makes them.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from archsim.training.sections import _Settings
from hwlib.effects import COMPUTED
from hwlib.errors import InputError

_STREAM = 0x6175676D  # beside the keys of the orders of epochs


class AugmentationSettings(_Settings):
    """What happens by chance to a training image, anew each time it is shown; tests see none of it."""

    crop: Annotated[int, COMPUTED] = Field(default=0, ge=0, le=64)
    """Zeros around an image, from which a part of its own size is cut by chance; 0: none."""
    flip: Annotated[bool, COMPUTED] = False
    """Half of the images are mirrored, left to right."""

    @property
    def acts(self) -> bool:
        """Whether images are changed."""
        return bool(self.crop or self.flip)


def require_images(settings: AugmentationSettings, shape: tuple[int, ...]) -> None:
    """Raise InputError where the network takes no images that could be cropped or mirrored."""
    if settings.acts and len(shape) != 3:
        raise InputError(
            "crops and mirror images need (channels, height, width)",
            where="training.augmentation",
            got=shape,
            hint="a network with an input of three axes",
        )


def augmented(
    images: np.ndarray,
    shape: tuple[int, ...],
    settings: AugmentationSettings,
    keys: tuple[int, int],
) -> np.ndarray:
    """Images (N, values) float32 changed by chance.

    Args:
        images: one a row.
        shape: (channels, height, width) of each.
        settings: what may happen.
        keys: seed, and number of the first image in the run: the same keys give the same images.
    """
    seed, step = keys
    # Keyed by the step: a run that goes on from a checkpoint sees the same images.
    draw = np.random.Generator(np.random.Philox(key=[seed ^ _STREAM, step]))
    channels, height, width = shape
    crop = settings.crop
    # All corners at which a part of the image's own size fits into the border.
    tops, lefts = draw.integers(0, 2 * crop + 1, (2, len(images)))
    # Drawn whether or not it is used: crops are the same with flips and without.
    mirrored = draw.random(len(images)) < 0.5
    border = ((0, 0), (crop, crop), (crop, crop))
    result = np.empty_like(images)
    for row, image, top, left, mirror in zip(result, images, tops, lefts, mirrored):
        padded = np.pad(image.reshape(shape), border)
        part = padded[:, top : top + height, left : left + width]
        row[:] = (part[:, :, ::-1] if mirror and settings.flip else part).reshape(-1)
    return result
