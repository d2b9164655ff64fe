"""Does archsim still read the first documents of each kind, written before most of today's fields?

Those of `older/first/` were written by the first state of the repository that had the kind, at its
first version: a newer archsim reads them, with the numbers that they hold, or says in one sentence why
it does not.
"""

import gzip
import re
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.chip import load_architecture
from archsim.devices.presets import load_device
from archsim.exploration.space.load import load_space
from archsim.readers.versions import DOCUMENTS
from archsim.report.sweep.page import load_document
from archsim.run.result import Result
from archsim.studies.study_file import load_study
from archsim.training.loop import train
from archsim.training.settings import TrainingSettings
from archsim.training.stored_weights import read_checkpoint_weights
from hwlib.errors import InputError, StoredNote
from tests.near import near
from workloads import load_network

FIRST = Path(__file__).parent / "older" / "first"
OLDER = {path.name.split("-")[0] for path in FIRST.parent.glob("*-*.*")}


def unpacked(name, folder):
    """A stored document as a file of its own."""
    path = folder / name.removesuffix(".gz")
    path.write_bytes(gzip.decompress((FIRST / name).read_bytes()))
    return path


def told(read, path):
    """What a reader gives, and its notes."""
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", StoredNote)
        document = read(path)
    return document, [str(note.message) for note in notes]


def network(folder):
    layers = {layer.name: layer for layer in load_network(FIRST / "lenet1.toml").array_layers}
    return [(layer.matrix.rows, layer.matrix.columns) for layer in layers.values()]


def device(folder):
    return load_device(str(FIRST / "cbram.toml")).values["tau0_s"]


def trace(folder):
    result = archsim.simulate(str(unpacked("lenet1.trace.json.gz", folder)), "cim40", timing=False)
    return {row["layer"] for row in result.rows("layer")} >= {"conv1", "conv2"}


def checkpoint(folder):
    held = read_checkpoint_weights(load_network("digits_cnn"), FIRST / "checkpoint").weights
    return all(np.isfinite(matrix).all() and matrix.any() for matrix in held.values())


# kind: what is read of its first document, and what that held
READ = {
    "network": (network, [(25, 4), (100, 12), (192, 10)]),
    "architecture": (lambda folder: load_architecture(FIRST / "cim40.toml").tile.columns, 128),
    "device": (device, 2.85e5),
    "space": (lambda folder: load_space(FIRST / "space.toml").name, "design_space"),
    "study": (lambda folder: load_study(FIRST / "study.toml").network, "rpu_cnn"),
    "trace": (trace, True),
    "checkpoint": (checkpoint, True),
    "result": (
        lambda folder: told(Result.load, unpacked("result.json.gz", folder))[0].area_mm2,
        1.263831855004108,
    ),
    "sweep": (
        lambda folder: len(told(load_document, unpacked("sweep.json.gz", folder))[0]["points"]),
        2,
    ),
}


@pytest.mark.parametrize("kind", READ)
def test_the_first_document_of_a_kind_reads(kind, tmp_path):
    read, held = READ[kind]
    assert read(tmp_path) == held


def test_every_kind_has_one_where_its_first_version_is_the_current_one():
    # an activity file and a trial of a tuning are as old as their version; nothing older is there
    assert set(DOCUMENTS) - set(READ) - OLDER == {"activity", "trial"}


def test_a_result_of_a_training_reads_prices_again_and_says_what_it_lacks(tmp_path):
    result, notes = told(Result.load, unpacked("training.json.gz", tmp_path))
    assert result.document["accuracy_percent"] == near(14.7222, rel=1e-5)
    assert any("stored without digest" in note for note in notes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoredNote)
        assert 0 < result.reprice(28).area_mm2 < result.area_mm2


def test_a_training_does_not_go_on_with_the_first_checkpoint(tmp_path):
    folder = shutil.copytree(FIRST / "checkpoint", tmp_path / "run")
    net = load_network("digits_cnn")
    data = archsim.load_dataset("digits").first(train=64, test=20)
    inputs = {"network": "any"}  # as `archsim train` has them; the first checkpoints have none
    with pytest.raises(InputError) as refused:
        settings = TrainingSettings(rule="rpu", epochs=1, batch=1)
        train(net, data, settings, folder=folder, resume=True, inputs=inputs)
    assert re.search("made by an earlier version.*begin a new training", str(refused.value))
