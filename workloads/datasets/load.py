"""One door for data sets: a name or the path of an .npz file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from archsim.readers.call_types import takes_its_types
from hwlib.errors import InputError, nearest
from workloads.datasets.arrays import read_arrays
from workloads.datasets.catalogue import RecordSource, Source, catalogue
from workloads.datasets.dataset import Dataset
from workloads.datasets.fetch import Progress, find_files
from workloads.datasets.idx import read_idx
from workloads.datasets.records import find_records, read_records

# Optical Recognition of Handwritten Digits, its test set of 1,797 images, as scikit-learn has it;
# pixels are the counts 0 to 16 over 16.
# 1,437 images to train and 360 to test, by numpy.random.default_rng(0).permutation(1797). A test
# compares it with scikit-learn's copy.
_DIGITS = Path(__file__).parent / "files" / "digits.npz"
_DIGITS_TITLE = (
    "Handwritten digits, 1,437 + 360 grey images of 8x8, 10 classes; comes with archsim, no "
    "download"
)
_DIGITS_SOURCE = (
    "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
    "Repository (1998), CC BY 4.0"
)
_DIGITS_NOTES = (
    "digits: training and test images are a random split of the same 13 writers, so errors are "
    "lower than on new writers",
)


def list_datasets() -> dict[str, str]:
    """The data sets by name, one line each."""
    return {"digits": _DIGITS_TITLE} | {name: source.title for name, source in catalogue().items()}


@takes_its_types("name_or_path")
def load_dataset(
    name_or_path: str | Path | Dataset,
    download: bool = True,
    progress: Progress | None = None,
    train: int | None = None,
    test: int | None = None,
) -> Dataset:
    """A data set by its name or from an .npz file.

    Files come from $ARCHSIM_DATA, the cache, or a mirror.

    Args:
        name_or_path: a name of `list_datasets`, an .npz file, or a `Dataset`, which is given back.
        download: whether a mirror may be asked.
        progress: progress(done, total, text) of a download.
        train: only the first so many images of the training part; None for all.
        test: the same of the test part.

    Returns:
        the `Dataset`: images (count, channels, height, width) and labels of both parts.

    Raises:
        InputError: for an unknown name, a file that is missing, damaged or not the published one, and
            where nothing can be downloaded; for more images than there are.
    """
    if isinstance(name_or_path, Dataset):
        return name_or_path.first(train, test)
    if not isinstance(name_or_path, (str, Path)):
        raise InputError("a data set is a name or the path of an .npz file", got=name_or_path)
    text = str(name_or_path)
    if text == "digits":
        names = tuple(map(str, range(10)))
        digits = replace(
            read_arrays(_DIGITS), source=_DIGITS_SOURCE, notes=_DIGITS_NOTES, class_names=names
        )
        return digits.first(train, test)
    # By its ending and not by whether it is there: a missing file is told as such and not as an
    # unknown name.
    if text.lower().endswith(".npz"):
        return read_arrays(text).first(train, test)
    source = _source(text)
    arrays = _read(source, _find(source, download, progress))
    asked = Dataset(
        source.name,
        train_images=arrays["train_images"],
        train_labels=arrays["train_labels"].astype(np.int64),
        test_images=arrays["test_images"],
        test_labels=arrays["test_labels"].astype(np.int64),
        classes=len(source.class_names),
        source=source.source,
        class_names=source.class_names,
    ).first(train, test)
    # Bytes become floats after the choice: fresh memory for all of them took longer than a training
    # of a few images.
    return replace(
        asked, train_images=_pixels(asked.train_images), test_images=_pixels(asked.test_images)
    )


def _find(source: Source, ask: bool, progress: Progress | None) -> dict[str, Path]:
    if isinstance(source, RecordSource):
        return find_records(source, ask, progress)
    return find_files(source, ask, progress)


def _read(source: Source, paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Bytes of images and labels of both parts. Raises InputError for anything but the published
    ones.
    """
    if isinstance(source, RecordSource):
        return read_records(source, paths)
    return {part: read_idx(path, source.files[part]) for part, path in paths.items()}


def dataset_files(name: str) -> list[Path]:
    """Where the files of a data set lie. Raises InputError where they are not here."""
    if name == "digits":
        return [_DIGITS]
    return list(_find(_source(name), False, None).values())


def fetch_dataset(name: str, progress: Progress | None = None) -> list[Path]:
    """Make sure that every file of a data set is here and is the published one; returns their
    paths. Raises InputError.
    """
    if name == "digits":
        return [_DIGITS]
    source = _source(name)
    paths = _find(source, True, progress)
    # Read and thrown away: that is the check of files that already lay there.
    _read(source, paths)
    return list(paths.values())


def _source(name: str) -> Source:
    known = list_datasets()
    if name not in known:
        raise InputError(
            "unknown data set",
            got=name,
            allowed=[*known, "or a path to .npz"],
            hint=nearest(name, known) or "`archsim list datasets` tells what there is",
        )
    return catalogue()[name]


def _pixels(array: np.ndarray) -> np.ndarray:
    """Bytes (images, height, width), or with channels before the height, as floats (images, channels,
    height, width) from 0 to 1.
    """
    images = (array if array.ndim == 4 else array[:, np.newaxis]).astype(np.float32)
    images /= 255
    return images
