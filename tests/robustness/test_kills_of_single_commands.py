"""Does a training, an inference or a fit that is killed, wherever the kill falls, leave a process or
a folder that the next one stumbles over?
"""

import json
import random

import pytest

from archsim.cli.main import main
from tests.measured_devices import write_curves
from tests.robustness.kills import Kill, Toll, kill_once

# What tells how long the host took, and where things lie.
OF_THE_HOST = ("_second", "seconds", "command", "activity_file")
TRAINING = (
    "train digits_cnn --scheme sgd --arch cores40 --images 200 --epochs 2 --batch 8 "
    "--set training.checkpoint_images=40 --quiet"
)
INFERENCE = "infer digits_cnn --arch cores40 --seeds 6 --images 24 --quiet"


def moments(count, seed):
    """Kills at work, just after something was stored, and while the command starts."""
    dice = random.Random(seed)
    kinds = [("row", 0.3), ("row", 1.0), ("start", 10.0), ("process", 1.0)]
    return [
        Kill(dice.uniform(0.0, kinds[number % 4][1]), kinds[number % 4][0])
        for number in range(count)
    ]


def of_the_result(document):
    """A document without what the host adds to it."""
    if isinstance(document, dict):
        return {
            name: of_the_result(value)
            for name, value in document.items()
            if not any(word in name for word in OF_THE_HOST) and name != "digest"
        }
    return [of_the_result(value) for value in document] if isinstance(document, list) else document


def arrays_of(folder):
    return {path.name: path.read_bytes() for path in folder.glob("arrays-*.npz")}


def check(line, folder, kills, stored, goes_on=lambda: []):
    """Kill the command often, let it end, and return the folder of one that was left alone."""
    toll = Toll()
    for kill in kills:
        command = ["-m", "archsim.cli.main", *line, "--out", str(folder), *goes_on()]
        kill_once(command, folder, kill, stored, random.Random(1), toll)
    print(f"{line[0]}: {toll}, at the end {sorted(stored())}")
    assert toll.left == 0 and toll.kills == len(kills)
    assert main([*line, "--out", str(folder), *goes_on()]) == 0
    fresh = folder.parent / "fresh"
    assert main([*line, "--out", str(fresh)]) == 0
    return fresh


@pytest.mark.study
def test_ten_kills_of_a_training_on_cores(tmp_path):
    folder = tmp_path / "training"

    def stored():
        return {path.name for path in folder.glob("arrays-*.npz")}

    def goes_on():
        return ["--resume"] if (folder / "checkpoint.json").exists() else []

    fresh = check(TRAINING.split(), folder, moments(10, 3), stored, goes_on)
    documents = [json.loads((each / "result.json").read_bytes()) for each in (folder, fresh)]
    assert of_the_result(documents[0]) == of_the_result(documents[1])
    assert arrays_of(folder) == arrays_of(fresh) != {}
    assert main(["verify", str(folder)]) == 0


@pytest.mark.study
def test_eight_kills_of_an_inference_on_cores(tmp_path):
    folder = tmp_path / "inference"
    assert main([*TRAINING.split(), "--out", str(tmp_path / "trained")]) == 0
    line = [*INFERENCE.split(), "--weights", str(tmp_path / "trained")]
    fresh = check(line, folder, moments(8, 4), lambda: set(map(str, folder.glob("*"))))
    documents = [json.loads((each / "result.json").read_bytes()) for each in (folder, fresh)]
    assert of_the_result(documents[0]) == of_the_result(documents[1])
    assert main(["verify", str(folder)]) == 0


@pytest.mark.study
def test_six_kills_of_a_fit(tmp_path):
    folder = tmp_path / "fit"
    write_curves(tmp_path / "measured.csv", "soft_bounds", devices=6, pulses=12)
    line = ["fit", str(tmp_path / "measured.csv"), "--quiet"]
    fresh = check(line, folder, moments(6, 5), lambda: set(map(str, folder.glob("*"))))
    for path in fresh.glob("*.toml"):
        assert (folder / path.name).read_bytes() == path.read_bytes()
    documents = [json.loads((each / "fit.json").read_bytes()) for each in (folder, fresh)]
    assert of_the_result(documents[0]) == of_the_result(documents[1])
