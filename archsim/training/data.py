"""Images and labels in the form that the compiled passes take, checked against the network."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from archsim.operators.arguments import number_of
from archsim.operators.vocabulary import function_of
from hwlib.errors import InputError
from workloads.network import Network
from workloads.scores import scores_of


@dataclass(frozen=True)
class Prepared:
    """images float32 (N, values), labels int64 (N, answers)."""

    name: str
    classes: int
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    def digest(self) -> str:
        """A checksum of everything, for checkpoints."""
        total = 0
        for values in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            # Not against a forger: two data sets of one name are told apart, and quickly.
            total = zlib.crc32(np.ascontiguousarray(values).view(np.uint8).reshape(-1).data, total)
        return f"{self.name}-{total:08x}"


def prepare(network: Network, data: Any) -> Prepared:
    """Flatten the images of a data set and check them. Raises InputError where they do not fit
    `network`.
    """
    values = math.prod(network.input_shape)
    classes = int(data.classes)
    scores = scores_of(network.output_shape)
    positions = scores.positions if scores is not None else ()
    arrays = []
    for part in ("train", "test"):
        images = np.asarray(getattr(data, f"{part}_images"))
        labels = np.asarray(getattr(data, f"{part}_labels"))
        where = f"data set '{data.name}', {part}"
        if len(images) == 0 or len(images) != len(labels):
            raise InputError(
                "needs as many labels as images, at least one",
                where=where,
                got=(len(images), len(labels)),
            )
        if math.prod(images.shape[1:]) != values:
            raise InputError(
                f"images do not fit the network '{network.name}'",
                where=where,
                got=images.shape[1:],
                allowed=str(network.input_shape),
            )
        if (
            labels.dtype.kind not in "iu"
            or labels.shape[1:] not in ((), (1,), positions)
            or (len(positions) > 1 and labels.shape[1:] != positions)
        ):
            raise InputError(
                "labels are integers, one an image, one a time step or one a pixel",
                where=where,
                got=(labels.dtype, labels.shape),
            )
        if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            raise InputError(
                "label out of range",
                where=where,
                got=(int(labels.min()), int(labels.max())),
                allowed=f"0 to {classes - 1}",
            )
        images = np.ascontiguousarray(images.reshape(len(images), -1), np.float32)
        check_rows(network, images, where)
        # One NaN in one image would be in all weights after a step.
        if not np.isfinite(images).all():
            raise InputError("images hold values that are no numbers", where=where)
        arrays += [images, np.ascontiguousarray(labels.reshape(len(labels), -1), np.int64)]
    return Prepared(str(data.name), classes, *arrays)


def check_rows(network: Network, images: np.ndarray, where: str) -> None:
    """Raise InputError where images are looked up in tables and hold what is the number of no row."""
    first = network.layers[0].name
    for layer in network.layers:
        if function_of(layer).takes_numbers and layer.inputs == (first,):
            entries = number_of(layer, "entries", 0)
            low, high = float(images.min()), float(images.max())
            if low < 0 or high >= entries or not np.array_equal(np.rint(images), images):
                raise InputError(
                    f"not the numbers of rows of '{layer.name}'",
                    where=where,
                    got=(low, high),
                    allowed=f"whole numbers from 0 to {entries - 1:g}",
                    hint="tokens are stored as whole numbers of 16 bits or more",
                )


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order of the training images in an epoch: a permutation from Philox keyed by (seed,
    epoch).
    """
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(count)
