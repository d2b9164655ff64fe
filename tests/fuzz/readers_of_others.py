"""Readers of what other programs, laboratories and publishers write, and of trained weights."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np

import archsim
from archsim.chip.load import architecture_path
from tests.fuzz import mutate, mutate_files
from tests.fuzz.inputs_of_others import (
    NEUROSIM,
    PROBLEM,
    WINDOWS,
    curves,
    packed,
    records,
    recurrent_onnx,
)
from tests.fuzz.reader import Reader, one
from tests.fuzz.small_inputs import npz_of
from workloads.datasets.catalogue import RecordSource
from workloads.network import Network

_IMAGE = (3, 2, 2)
_RECORDS = 5
_PARTS = ("first.bin", "test.bin")


def _on_tiles(path: Path) -> None:
    from archsim.chip.place import place
    from archsim.trace import build_trace

    network = archsim.load_network(path)
    chip = archsim.load_architecture("cim40")
    place(build_trace(network, None, "inference", 1).matrices, chip)


def _problems(path: Path) -> None:
    _on_tiles(path.parent)


def _values(path: Path) -> None:
    from workloads.onnx_file import load_weights

    _on_tiles(path)
    load_weights(path)


def _chip_of_cores(path: Path) -> None:
    archsim.simulate("digits_cnn", archsim.load_architecture(path), timing=False)


def _facts(path: Path) -> None:
    from archsim.validation.chips.facts import parse_facts
    from archsim.validation.chips.published import area_of, energies_of
    from archsim.validation.chips.rule import architecture

    facts = parse_facts(path.read_text(encoding="utf-8", errors="replace"), path.name)
    area_of(facts)
    energies_of(facts)
    architecture(facts, facts.points[0])


def _fitted(path: Path) -> None:
    archsim.fit(path, "constant_step").toml()


def _first_weights(network: Network) -> Callable[[Path], object]:
    from archsim.run.first_weights import first_weights

    return lambda path: first_weights(network, path)


def _inferred(path: Path) -> None:
    archsim.infer(
        "digits_cnn", "cim40", data="digits", weights=path, seeds=1, images=1, calibration=1
    )


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def _source(archive: bytes, sums: dict[str, str]) -> RecordSource:
    """A set of one training file and one test file, with these checksums."""
    train = {_PARTS[0]: sums[_PARTS[0]]}
    test = {_PARTS[1]: sums[_PARTS[1]]}
    return RecordSource(
        "tiny", "tiny", "nobody", tuple("0123456789"), (".",), (), _IMAGE, _RECORDS, "x.tar.gz",
        len(archive), _md5(archive), train, test,
    )  # fmt: skip


def _records(path: Path) -> None:
    """Checksums are those of what lies there, so that its content is looked at."""
    from workloads.datasets.records import read_records

    paths = {name: path.parent / name for name in _PARTS}
    sums = {name: _md5(file.read_bytes()) for name, file in paths.items()}
    read_records(_source(b"", sums), paths)


def _archive(path: Path) -> None:
    from workloads.datasets.records import find_records

    cache = path.parent / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    sums = {name: _md5(_part()) for name in _PARTS}
    own = {"ARCHSIM_CACHE": str(cache), "ARCHSIM_DATA": str(path.parent)}
    with mock.patch.dict(os.environ, own):  # the whole input is read in the caller's process
        find_records(_source(path.read_bytes(), sums), ask=False)


def _part() -> bytes:
    return records(_RECORDS, math.prod(_IMAGE))


def _of_archive(content: bytes, choice: random.Random) -> bytes:
    """Other members of an archive: heads, sizes, contents."""
    return gzip.compress(mutate.of_bytes(gzip.decompress(content), choice), mtime=0)


def weights_of(network: Network) -> bytes:
    """Trained weights of a network, as an .npz file."""
    dice = np.random.default_rng(5)
    arrays = {}
    for layer in network.array_layers:
        inputs = layer.matrix.rows
        outputs = layer.matrix.columns * layer.matrix.groups
        arrays[f"{layer.name}.weights"] = dice.normal(size=(outputs, inputs)).astype(np.float32)
        if layer.bias:
            arrays[f"{layer.name}.bias"] = dice.normal(size=outputs).astype(np.float32)
    return npz_of(**arrays)


def readers_of_others(tiny: Network) -> dict[str, Reader]:
    """The readers by name; `tiny`: the network whose weights are read."""
    problems = {"0.yaml": WINDOWS.encode(), "1.yaml": PROBLEM.encode()}
    parts = {name: _part() for name in _PARTS}
    chip = Path(architecture_path("cores40")).read_bytes()
    facts = Path(archsim.__file__).parent / "validation" / "chips" / "facts" / "neurram.toml"
    own = weights_of(tiny)
    digits = weights_of(archsim.load_network("digits_cnn"))
    return {
        "problem": one("x.yaml", PROBLEM.encode(), _on_tiles, mutate.of_text),
        "problems": Reader(problems, "0.yaml", _problems, mutate.of_text),
        "neurosim": one("x.csv", NEUROSIM.encode(), _on_tiles, mutate.of_text),
        "onnx_recurrent": one("x.onnx", recurrent_onnx(), _values, mutate_files.of_model),
        "chip_of_cores": one("x.toml", chip, _chip_of_cores, mutate.of_text, 2),
        "chip_facts": one("x.toml", facts.read_bytes(), _facts, mutate.of_text),
        "curves": one("x.csv", curves().encode(), _fitted, mutate.of_text, 1),
        "weights": one("x.npz", own, _first_weights(tiny), mutate_files.of_arrays),
        "weights_inferred": one("x.npz", digits, _inferred, mutate_files.of_arrays, 1),
        "records": Reader(parts, _PARTS[0], _records, mutate.of_bytes),
        "records_archive": one("x.tar.gz", packed(parts), _archive, _of_archive),
    }
