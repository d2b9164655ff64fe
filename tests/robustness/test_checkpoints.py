"""Checkpoints: a run killed at any moment goes on to the same bits; damaged, foreign and newer ones
are refused.
"""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from archsim.training.checkpoints import load_checkpoint, save_checkpoint
from archsim.training.loop import train
from archsim.training.stored_weights import read_checkpoint_weights
from hwlib.errors import InputError
from tests.training_runs import NETWORK, RPU, digits, slow_settings

ROOT = Path(__file__).parents[2]


def test_killed_at_a_random_moment_and_resumed(tmp_path):
    """SIGKILL at a random moment of a run that writes checkpoints all the time; the end has the
    bits of a run left alone.
    """
    data = replace(digits(1000, 100), name="digits to kill")
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "tests.training_runs", str(folder), "1000"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    for _ in range(3):  # "ready", then two reports of progress: compiled and running
        assert process.stdout.readline()
    time.sleep(random.uniform(0.2, 0.8))
    process.send_signal(signal.SIGKILL)
    process.wait()
    facts, _ = load_checkpoint(folder)
    assert 0 < facts["images"] < 1000 * 1000
    epochs = facts["epoch"] + 1
    rest = train(NETWORK, data, slow_settings(epochs), folder=folder, resume=True)
    whole = train(NETWORK, data, slow_settings(epochs))
    assert all((whole.weights[name] == rest.weights[name]).all() for name in whole.weights)
    assert whole.writes == rest.writes and whole.activities == rest.activities


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    train(NETWORK, digits(300, 20), RPU, folder=folder, stop_after=150)
    return folder


def resumed(folder, **changes):
    return train(
        NETWORK,
        digits(300, 20),
        RPU.model_copy(update=changes),
        folder=folder,
        resume=True,
        stop_after=160,
    )


@pytest.fixture
def copy(saved, tmp_path):
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def edit(folder, change):
    path = folder / "checkpoint.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def tell_otherwise(folder, change):
    """The checkpoint as another version would have written it: sealed, with other facts."""
    facts, arrays = load_checkpoint(folder)
    change(facts)
    save_checkpoint(folder, facts, arrays)


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda facts: facts.pop("counted"), "without counted"),
        (
            lambda facts: facts["activities"].append([["fc", "forward", {"gone": 1}]]),
            "unknown: gone",
        ),
    ],
)
def test_facts_of_another_version_are_refused(copy, change, says):
    tell_otherwise(copy, change)
    with pytest.raises(InputError, match=f"another version of archsim.*{says}"):
        resumed(copy)


def test_weights_are_read_beside_settings_of_another_version(saved, copy):
    tell_otherwise(copy, lambda facts: facts["settings"].update(gone=1))
    held, whole = (read_checkpoint_weights(NETWORK, folder).weights for folder in (copy, saved))
    assert held and all((held[name] == whole[name]).all() for name in whole)


def test_a_good_copy_is_accepted(copy):
    assert resumed(copy).images == 160


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"kind": 1}', b"[" * 100_000]
)
def test_torn_or_foreign_json(copy, content):
    (copy / "checkpoint.json").write_bytes(content)
    with pytest.raises(InputError):
        resumed(copy)


def test_missing_checkpoint(tmp_path):
    with pytest.raises(InputError, match="no checkpoint"):
        resumed(tmp_path / "nowhere")
    with pytest.raises(InputError, match="folder"):
        train(NETWORK, digits(300, 20), RPU, resume=True)


def test_newer_format(copy):
    edit(copy, lambda document: document.update(format=99))
    with pytest.raises(InputError, match="another version"):
        resumed(copy)


def test_changed_fact_is_noticed(copy):
    edit(copy, lambda document: document["facts"].update(position=10))
    with pytest.raises(InputError, match="damaged"):
        resumed(copy)


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "pickle"])
def test_damaged_arrays(copy, damage):
    path = next(copy.glob("arrays-*.npz"))
    content = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "missing":
        path.unlink()
    else:
        np.savez(path, weights=np.array([{"not": "numbers"}], dtype=object))
    with pytest.raises(InputError):
        resumed(copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": 0.02},
        {"seed": 8},
        {"batch": 2},
        {"device_settings": {"pulse_step": 0.002}},
    ],
)
def test_other_settings_are_refused(copy, changes):
    with pytest.raises(InputError, match=next(iter(changes))):
        resumed(copy, **changes)


def test_more_epochs_and_threads_are_allowed(copy):
    assert resumed(copy, epochs=9, threads=2, checkpoint_images=7).images == 160


def test_other_data_are_refused(copy):
    with pytest.raises(InputError, match="data"):
        train(NETWORK, digits(299, 20), RPU, folder=copy, resume=True)


def test_names_of_arrays_stay_inside_the_folder(copy, tmp_path):
    facts, arrays = load_checkpoint(copy)
    save_checkpoint(tmp_path / "other", facts, arrays)
    edit(
        copy,
        lambda document: document.update(
            arrays="../other/" + next((tmp_path / "other").glob("*.npz")).name
        ),
    )
    with pytest.raises(InputError, match="damaged"):
        resumed(copy)


def test_old_arrays_go_and_partial_files_do_not_disturb(copy):
    (copy / "checkpoint.json.partial").write_text("{")
    resumed(copy)
    assert len(list(copy.glob("arrays-*.npz"))) == 1


def test_unwritable_folder(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="cannot write"):
        train(NETWORK, digits(300, 20), RPU, folder=blocked, stop_after=10)
