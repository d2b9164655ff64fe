"""Data sets of a few images in files, and servers that have them."""

import gzip
import hashlib

import numpy as np

from workloads.datasets.catalogue import PARTS, IdxFile, IdxSource

SIZES = {
    "train_images": (12, 4, 4),
    "train_labels": (12,),
    "test_images": (6, 4, 4),
    "test_labels": (6,),
}


def idx(array):
    """An array of bytes as an idx file."""
    return (
        bytes([0, 0, 8, array.ndim])
        + b"".join(n.to_bytes(4, "big") for n in array.shape)
        + array.tobytes()
    )


def make_content(seed=0):
    generator = np.random.default_rng(seed)
    high = {2: 256, 1: 10}
    return {
        part: idx(generator.integers(0, high[min(2, len(shape))], shape).astype(np.uint8))
        for part, shape in SIZES.items()
    }


def md5(content):
    return hashlib.md5(content).hexdigest()


def make_source(content, mirrors=(), name="tiny"):
    files = {}
    for part in PARTS:
        zipped = gzip.compress(content[part], mtime=0)
        files[part] = IdxFile(
            f"{part}-idx", SIZES[part], len(zipped), md5(zipped), md5(content[part])
        )
    return IdxSource(
        name, f"{name}: a test", "nobody", tuple("0123456789"), (name, "."), tuple(mirrors), files
    )


def put(folder, content, zipped=True, dotted=False):
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        name = f"{part}{'.' if dotted else '-'}idx{'.gz' if zipped else ''}"
        (folder / name).write_bytes(gzip.compress(content[part]) if zipped else content[part])
