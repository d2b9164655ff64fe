"""Broken trace files: each fault gives one InputError that names the file and the field."""

import copy
import json
import os

import pytest

import archsim
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.trace import build_trace, save_trace
from archsim.trace.file import MAX_FILE_BYTES
from hwlib.errors import InputError
from tests.robustness.broken_traces import BROKEN
from workloads import load_network


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The document of a good trace: a training step of LeNet-1."""
    trace = build_trace(load_network("lenet1"), load_scheme("mixed_precision"), "training", 2)
    return json.loads(save_trace(trace, tmp_path_factory.mktemp("good") / "x.json").read_text())


@pytest.mark.parametrize("fault", list(BROKEN))
def test_broken_fields(fault, good, tmp_path):
    change, field, words = BROKEN[fault]
    document = copy.deepcopy(good)
    path = tmp_path / "x.json"
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as error:
        load_trace(path)
    assert error.value.where == f"{path}: {field}"
    assert words in error.value.message
    assert len(error.value.message) < 1000 + len(str(path))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"batch": 2', '"batch": NaN', "NaN is not a number of JSON"),
        ('"batch": 2', '"batch": -Infinity', "-Infinity is not a number of JSON"),
        (
            '"input_elements": 25',
            '"input_elements": 1e999',
            "input_elements: not a number in range",
        ),
        ('"batch": 2', '"batch": 2, "batch": 3', "'batch' stands there twice"),
        ('"batch": 2', '"batch": 2' + "0" * 5000, "not valid JSON"),
        ('"batch": 2', '"batch": ' + "[" * 100_000, "not valid JSON"),
        ('"batch": 2', '"batch": 2,,', "line"),
        ('"archsim_trace": 1,', "", "not a recorded trace"),
        ('"archsim_trace": 1,', '"archsim_trace": true,', "version"),
    ],
)
def test_broken_text(old, new, words, good, tmp_path):
    path = tmp_path / "x.json"
    text = json.dumps(good, indent=1)
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as error:
        load_trace(path)
    assert error.value.where.startswith(str(path))
    assert words in error.value.message


def test_truncated_anywhere(good, tmp_path):
    path = tmp_path / "x.json"
    text = json.dumps(good)
    for length in range(0, len(text) - 1, len(text) // 23):
        path.write_text(text[:length])
        with pytest.raises(InputError, match="not valid JSON|is empty"):
            load_trace(path)


def test_paths_that_are_no_trace(tmp_path):
    huge = tmp_path / "huge.json"
    binary = tmp_path / "binary.json"
    other = tmp_path / "other.json"
    with open(huge, "wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    binary.write_bytes(bytes(range(256)))
    for content in ("[1, 2]", "3", "null", '"text"', "{}", '{"schema": 1}'):
        other.write_text(content)
        with pytest.raises(InputError, match="not a recorded trace") as error:
            load_trace(other)
        assert "archsim trace NETWORK" in error.value.hint
    for path, words in (
        (tmp_path, "folder"),
        (huge, "too large"),
        (binary, "not a text file"),
        (tmp_path / "no.json", "no such file"),
        ("zero\0byte.json", "null byte"),
        (tmp_path / ("x" * 300), "too long"),
    ):
        with pytest.raises(InputError, match=words) as error:
            load_trace(path)
        assert error.value.where == str(path)


def test_paths_that_cannot_be_written(tmp_path):
    trace = build_trace(load_network("lenet1"))
    for path in (tmp_path, tmp_path / ("x" * 300), tmp_path / "file" / "x.json"):
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError):
            save_trace(trace, path)
    assert os.listdir(tmp_path) == ["file"]


def test_too_much_work_is_refused_before_it_starts(good, tmp_path):
    document = copy.deepcopy(good)
    path = tmp_path / "x.json"
    document["image_operations"][0]["steps"] = document["matrices"][0]["vectors"] = 10**11
    for field in ("steps_per_row", "rows_out"):
        document["image_operations"][0][field] = 0
    document["image_operations"][0]["pools"] = []
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="too much to simulate") as error:
        archsim.simulate(load_trace(path), "wu2023")
    assert "--no-timing" in error.value.hint
    assert archsim.simulate(load_trace(path), "wu2023", timing=False).energy_j > 0


def test_a_layer_that_no_chip_can_hold(good, tmp_path):
    document = copy.deepcopy(good)
    path = tmp_path / "x.json"
    document["matrices"][0] |= {"rows": 10**7, "columns": 10**7, "vectors": 1}
    document["image_operations"][0] |= {
        "steps": 1,
        "input_elements": 10**7,
        "steps_per_row": 0,
        "rows_out": 0,
        "pools": [],
    }
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="too large to place") as error:
        archsim.simulate(load_trace(path), "wu2023")
    assert error.value.where == "conv1"
