"""A data set as arrays of an .npz file: train_images, train_labels, test_images, test_labels.
Nothing in it is unpickled.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from archsim.readers.arrays import read_npz
from archsim.readers.files import checked_path
from hwlib.errors import InputError, nearest
from workloads.datasets.catalogue import PARTS
from workloads.datasets.dataset import Dataset

LARGEST = 8 * 10**9
"""Bytes of all arrays together; a larger file is refused before it is unpacked."""
LARGEST_CLASS = 10**5
LARGEST_TOKEN = 2**24 - 1
"""Up to here a float32 holds every whole number."""


def read_arrays(text: str | Path) -> Dataset:
    """The data set of an .npz file, under the file's name.

    Images are (images, height, width), (images, channels, height, width), (images, channels, depth,
    height, width) or (images, features): floats from 0 to 1, or unsigned bytes, which are divided by
    255; whole numbers of 16 bits or more (sequences, tokens) are tokens. Labels are whole numbers
    from 0, one an image, a time step or a pixel. Raises InputError naming the file and the array.
    """
    path = checked_path(str(text))
    arrays = _load(path)
    images = {
        part: _images(arrays[part], f"{path}: {part}") for part in PARTS if part.endswith("images")
    }
    # One network takes both parts, so a set of two shapes would fail only at the first test image,
    # hours into a training.
    if images["train_images"].shape[1:] != images["test_images"].shape[1:]:
        raise InputError(
            "training and test images differ in shape",
            where=str(path),
            got=images["test_images"].shape[1:],
            allowed=str(images["train_images"].shape[1:]),
        )
    labels = {
        part: _labels(arrays[part], f"{path}: {part}") for part in PARTS if part.endswith("labels")
    }
    for half in ("train", "test"):
        if len(labels[f"{half}_labels"]) != len(images[f"{half}_images"]):
            raise InputError(
                "not one label an image",
                where=f"{path}: {half}_labels",
                got=len(labels[f"{half}_labels"]),
                allowed=str(len(images[f"{half}_images"])),
            )
    # An .npz file doesn't say how many classes it has. A class between that no image shows is let
    # pass: it costs an output and no more.
    classes = int(labels["train_labels"].max()) + 1
    # Such images count as errors whatever the network does, which would look like the chip's fault.
    if labels["test_labels"].max() >= classes:
        raise InputError(
            "a class that no training image has",
            where=f"{path}: test_labels",
            got=int(labels["test_labels"].max()),
            allowed=f"0 to {classes - 1}",
        )
    return Dataset(
        path.stem,
        train_images=images["train_images"],
        train_labels=labels["train_labels"],
        test_images=images["test_images"],
        test_labels=labels["test_labels"],
        classes=classes,
        source=str(path),
    )


def _load(path: Path) -> dict[str, np.ndarray]:
    def parts(there: list[str]) -> list[str]:
        for part in PARTS:
            if part not in there:
                raise InputError(
                    f"array '{part}' is missing",
                    where=str(path),
                    # A file of someone else's may hold thousands of arrays.
                    got=", ".join(there[:20]) or "no array",
                    allowed=PARTS,
                    hint=nearest(part, there),
                )
        return list(PARTS)

    return read_npz(path, LARGEST, parts)


def _images(array: np.ndarray, where: str) -> np.ndarray:
    if array.ndim not in (2, 3, 4, 5) or 0 in array.shape:
        raise InputError(
            "not an array of images",
            where=where,
            got=array.shape,
            allowed="(images, features), (images, height, width), (images, channels, height, width) or "
            "(images, channels, depth, height, width)",
        )
    # Bytes are the usual form of images and have one scale; whole numbers of other widths have none
    # that could be known.
    if array.dtype == np.uint8:
        images = array.astype(np.float32)
        images /= 255
    elif array.dtype.kind == "f":
        # The converters that feed the arrays encode 0 to 1. Images about zero, as many recipes
        # centre them, would be cut without a word.
        if not (array.min() >= 0 and array.max() <= 1):  # also where one is not a number
            raise InputError(
                "pixels must be finite and lie from 0 to 1",
                where=where,
                got=(float(array.min()), float(array.max())),
                hint="scale them, or store unsigned bytes",
            )
        images = array.astype(np.float32)
    elif array.dtype.kind in "iu" and array.ndim == 2:
        # Tokens: numbers of rows of a table, which have no scale.
        _require_up_to(LARGEST_TOKEN, array, "numbers of rows", where)
        images = array.astype(np.float32)
    else:
        raise InputError(
            "pixels must be floats from 0 to 1 or unsigned bytes",
            where=where,
            got=str(array.dtype),
            hint="whole numbers of 16 bits or more are tokens: (sequences, tokens)",
        )
    return images[:, np.newaxis] if images.ndim == 3 else images


def _is_one_hot(array: np.ndarray) -> bool:
    """Whether rows have a single one, or a single number: classes that somebody spread out, and no
    steps of a sequence.
    """
    rows = np.sort(array.reshape(-1, array.shape[-1]), axis=1)
    return bool(array.shape[-1] == 1 or ((rows[:, :-1] == 0).all() and (rows[:, -1] == 1).all()))


def _labels(array: np.ndarray, where: str) -> np.ndarray:
    # One-hot rows and floats are refused and not guessed at.
    counts = array.ndim in (1, 2, 3, 4) and array.dtype.kind in "iu" and array.size
    if not counts or (array.ndim > 1 and _is_one_hot(array)):
        raise InputError(
            "labels are one whole number an image, one a time step, or one a pixel",
            where=where,
            got=f"{array.dtype} {array.shape}",
        )
    # A single stray label would otherwise ask for a network of as many outputs.
    _require_up_to(LARGEST_CLASS, array, "labels", where)
    return array.astype(np.int64)


def _require_up_to(largest: int, array: np.ndarray, what: str, where: str) -> None:
    if array.min() < 0 or array.max() > largest:
        raise InputError(
            f"{what} out of range",
            where=where,
            got=(int(array.min()), int(array.max())),
            allowed=f"0 to {largest}",
        )
