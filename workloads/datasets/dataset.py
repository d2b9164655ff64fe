"""A data set in memory, and whether a network fits it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from html import escape

import numpy as np

from hwlib.errors import InputError
from hwlib.text import html_table
from workloads.network import Network
from workloads.scores import Scores, scores_of

# ImageNet's thousand would make the notebook unreadable.
_MOST_SHOWN = 100  # classes in a notebook


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dataset:
    """Labelled images. Images are float32 from 0 to 1, (images, channels, height, width), or
    (images, features) after `fit_dataset` for a network with a flat input; labels are int64 from 0
    to `classes` - 1, (images,), (images, steps) or (images, height, width). All arrays are read-only.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: int
    source: str = ""
    notes: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            # One set is handed to several runs; a caller who shuffles it in place would change the
            # others.
            array.flags.writeable = False

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.image_shape))
        images = f"{len(self.train_labels):,} training and {len(self.test_labels):,} test images"
        return f"Dataset({self.name}: {images} of {shape}, {self.classes} classes)"

    def _repr_html_(self) -> str:
        parts = (("training", self.train_labels), ("test", self.test_labels))
        names = self.class_names or tuple(map(str, range(self.classes)))
        rows = [
            (name, *(f"{(labels == number).sum():,}" for _, labels in parts))
            for number, name in enumerate(names[:_MOST_SHOWN])
        ]
        table = html_table(("class", "training images", "test images"), rows)
        return f"<p><b>{escape(repr(self))}</b></p>{table}"

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return self.train_images.shape[1:]

    def first(self, train: int | None = None, test: int | None = None) -> Dataset:
        """The set with only its first images.

        Args:
            train: images of the training part; None keeps all.
            test: images of the test part; None keeps all.

        Returns:
            a new `Dataset`; this one where both are None.

        Raises:
            InputError: where there are not that many.
        """
        if train is None and test is None:
            return self
        for what, count, labels in (
            ("train", train, self.train_labels),
            ("test", test, self.test_labels),
        ):
            # Python's slice would give fewer images, or all but the last, and say nothing.
            if count is not None and not 1 <= count <= len(labels):
                raise InputError(
                    f"not that many {what} images",
                    where=f"data set '{self.name}'",
                    got=count,
                    allowed=f"1 to {len(labels)}",
                )
        notes = self.notes
        # An error rate of a part of the images isn't that of the set, so the result has to carry
        # the fact along.
        if (train or len(self.train_labels)) < len(self.train_labels) or (
            test or len(self.test_labels)
        ) < len(self.test_labels):
            notes += (
                f"only the first {train or len(self.train_labels)} training and "
                f"{test or len(self.test_labels)} test images",
            )
        return replace(
            self,
            train_images=self.train_images[:train],
            train_labels=self.train_labels[:train],
            test_images=self.test_images[:test],
            test_labels=self.test_labels[:test],
            notes=notes,
        )


def fit_dataset(network: Network, dataset: Dataset) -> Dataset:
    """The data set with images of the network's input shape: as they are, with more or fewer axes of
    length one, or flattened for an input of (features,).

    Raises InputError where the shapes or the number of classes do not fit, with the built-in
    networks that do.
    """
    where = f"network '{network.name}' and data set '{dataset.name}'"
    shape = dataset.image_shape
    wanted = network.input_shape
    outputs = network.output_shape
    # Only flattening is safe, and an axis of length one more or less (rows of an image of one channel
    # as steps). Another shape of as many numbers (1x28x28 as 28x28x1) would mix up rows and channels.
    same = [size for size in wanted if size > 1] == [size for size in shape if size > 1]
    fits = wanted == shape or len(wanted) == 1 or (same and len(wanted) != len(shape))
    if math.prod(wanted) != math.prod(shape) or not fits:
        raise InputError(
            f"the network takes {_text(wanted)} (channels x height x width), the images are {_text(shape)}",
            where=where,
            hint=_advice(shape, dataset.classes),
        )
    # More outputs than classes are harmless: training teaches the spare ones to stay low.
    # One label an image, that of a sequence's last step, or one for each of its steps or pixels.
    answers = dataset.train_labels.shape[1:]
    scores = scores_of(outputs)
    if scores is None or scores.classes < dataset.classes or not _answered(scores, answers):
        raise InputError(
            "one output a class is needed",
            where=where,
            got=_text(outputs),
            allowed=_wanted(dataset.classes, answers),
            hint=_turned(outputs, answers) or _advice(shape, dataset.classes),
        )
    if wanted == shape:
        return dataset
    train, test = (
        images.reshape(len(images), *wanted)
        for images in (dataset.train_images, dataset.test_images)
    )
    return replace(dataset, train_images=train, test_images=test)


def _answered(scores: Scores, answers: tuple[int, ...]) -> bool:
    """Whether labels of this shape an image fit: of a map every pixel has one."""
    return answers == scores.positions or (not answers and len(scores.positions) < 2)


def _turned(outputs: tuple[int, ...], answers: tuple[int, ...]) -> str:
    """What to do about scores of a line that have their classes first, as in PyTorch; empty for others."""
    if len(outputs) != 2 or answers != outputs[1:]:
        return ""
    return f"end it with a transpose: positions before classes, {_text(outputs[::-1])}"


def _wanted(classes: int, answers: tuple[int, ...]) -> str:
    if len(answers) > 1:
        return f"{classes} channels or more of {_text(answers)}"
    return f"{classes} outputs or more"


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _advice(shape: tuple[int, ...], classes: int) -> str:
    """Which built-in networks take such images."""
    from workloads.load import list_networks, load_network

    networks = map(load_network, list_networks())
    fitting = [
        net.name
        for net in networks
        if net.output_shape[0] >= classes
        and len(net.output_shape) == 1
        and (net.input_shape == shape or net.input_shape == (math.prod(shape),))
    ]
    if fitting:
        return f"built-in networks for such images: {', '.join(fitting)}"
    return f"write a network with input = {list(shape)} and {classes} outputs (docs/networks.md)"
