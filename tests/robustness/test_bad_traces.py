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
from workloads import load_network


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The document of a good trace: a training step of LeNet-1."""
    trace = build_trace(load_network("lenet1"), load_scheme("mixed_precision"), "training", 2)
    return json.loads(save_trace(trace, tmp_path_factory.mktemp("good") / "x.json").read_text())


def put(*path, value):
    """A change: the value at a path of keys."""

    def change(document):
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def cut(*path):
    def change(document):
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


FIRST = ("image_operations", 0)
DEEP: list = []
for _ in range(50):
    DEEP = [DEEP]

# change; field path; other words of the message
BROKEN = {
    "unknown field": (put("batchs", value=3), "batchs", "did you mean 'batch'"),
    "unknown field of an operation": (
        put(*FIRST, "step", value=3),
        "image_operations[0].step",
        "did you mean 'steps'",
    ),
    "unknown field of the activity": (
        put(*FIRST, "activity", "retry", value=3),
        "image_operations[0].activity.retry",
        "'retries'",
    ),
    "version inside": (put("version", value=1), "version", "unknown field"),
    "missing field": (cut("network"), "network", "required field is missing"),
    "missing operations": (
        cut("image_operations"),
        "image_operations",
        "required field is missing",
    ),
    "missing field of an operation": (
        cut(*FIRST, "steps"),
        "image_operations[0].steps",
        "required field is missing",
    ),
    "text for a number": (
        put(*FIRST, "steps", value="576"),
        "image_operations[0].steps",
        "not a whole number",
    ),
    "fraction for a whole number": (
        put(*FIRST, "steps", value=1.5),
        "image_operations[0].steps",
        "not a whole number",
    ),
    "truth for a number": (put("batch", value=True), "batch", "not a whole number"),
    "number for truth": (
        put(*FIRST, "sequential", value=1),
        "image_operations[0].sequential",
        "not true or false",
    ),
    "number for a name": (put("network", value=7), "network", "not a name"),
    "name with a line in it": (put("network", value="a\nb"), "network", "not a name"),
    "empty name": (put(*FIRST, "name", value=""), "image_operations[0].name", "not a name"),
    "table for a list": (put("image_operations", value={}), "image_operations", "not a list"),
    "list for a table": (
        put(*FIRST, "vector_work", value=[]),
        "image_operations[0].vector_work",
        "not a table",
    ),
    "text for an operation": (put(*FIRST, value="conv1"), "image_operations[0]", "not a table"),
    "lists in lists": (put("matrices", value=DEEP), "matrices[0]", "not a table"),
    "null": (put("batch", value=None), "batch", "not a whole number"),
    "negative": (
        put(*FIRST, "input_elements", value=-1),
        "image_operations[0].input_elements",
        "0 to 2^53",
    ),
    "negative count of actions": (
        put(*FIRST, "vector_work", "add", value=-0.5),
        "image_operations[0].vector_work.add",
        "0 to 2^53",
    ),
    "no steps": (put(*FIRST, "steps", value=0), "image_operations[0].steps", "1 to 2^53"),
    "over 2^53": (put(*FIRST, "steps", value=2**53 + 2), "image_operations[0].steps", "1 to 2^53"),
    "number of 400 digits": (
        put(*FIRST, "output_elements", value=10**400),
        "image_operations[0].output_elements",
        "too many digits",
    ),
    "weights over 2^53": (
        put("matrices", 0, "rows", value=2**52),
        "matrices[0]",
        "too many weights",
    ),
    "share above one": (
        put(*FIRST, "activity", "input_density", value=1.5),
        "image_operations[0].activity.input_density",
        "0 to 1",
    ),
    "unknown kind": (
        put(*FIRST, "kind", value="raed"),
        "image_operations[0].kind",
        "did you mean 'read'",
    ),
    "unknown phase": (
        put(*FIRST, "phase", value="foward"),
        "image_operations[0].phase",
        "did you mean 'forward'",
    ),
    "kind that is a list": (
        put(*FIRST, "kind", value=["read"]),
        "image_operations[0].kind",
        "unknown kind",
    ),
    "unknown phase of the trace": (put("phase", value="train"), "phase", "did you mean 'training'"),
    "unknown scheme": (
        put("scheme", value="mixed_precison"),
        "scheme",
        "did you mean 'mixed_precision'",
    ),
    "no scheme": (put("scheme", value=None), "scheme", "a training step needs an update rule"),
    "unknown source of activity": (
        put(*FIRST, "activity", "source", value="guessed"),
        "image_operations[0].activity.source",
        "measured",
    ),
    "unknown vector action": (
        put(*FIRST, "vector_work", "multiplyadd", value=1),
        "image_operations[0].vector_work",
        "'multiply_add'",
    ),
    "follows what is not there": (
        put("image_operations", 1, "after", value=["conv1.forwards"]),
        "image_operations[1].after",
        "did you mean 'conv1.forward'",
    ),
    "follows itself": (
        put(*FIRST, "after", value=["conv1.forward"]),
        "image_operations[0].after",
        "stand before it",
    ),
    "follows a later one": (
        put(*FIRST, "after", value=["fc.forward"]),
        "image_operations[0].after",
        "stand before it",
    ),
    "operation twice": (
        put("image_operations", 1, "name", value="conv1.forward"),
        "image_operations[1].name",
        "a second operation",
    ),
    "operation twice in image and batch": (
        put("batch_operations", 0, "name", value="conv1.forward"),
        "batch_operations[0].name",
        "second",
    ),
    "matrix twice": (
        put("matrices", 1, "layer", value="conv1"),
        "matrices[1].layer",
        "a second matrix",
    ),
    "no matrix for a layer": (
        put(*FIRST, "layer", value="conv3"),
        "image_operations[0].layer",
        "did you mean 'conv",
    ),
    "no matrices": (put("matrices", value=[]), "matrices", "at least one"),
    "no operations": (put("image_operations", value=[]), "image_operations", "at least one"),
    "window without a kernel of one": (
        put(*FIRST, "window", "kernel", value=0),
        "image_operations[0].window.kernel",
        "1 to 2^53",
    ),
    "half a pool": (
        put(*FIRST, "pools", value=[[{"kernel": 2}]]),
        "image_operations[0].pools[0]",
        "not a pair",
    ),
    "schema of tomorrow": (put("archsim_trace", value=2), "archsim_trace", "allowed: 1"),
}


@pytest.mark.parametrize("fault", list(BROKEN))
def test_broken_fields(fault, good, tmp_path):
    change, field, words = BROKEN[fault]
    document, path = copy.deepcopy(good), tmp_path / "x.json"
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
    path, text = tmp_path / "x.json", json.dumps(good, indent=1)
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as error:
        load_trace(path)
    assert error.value.where.startswith(str(path))
    assert words in error.value.message


def test_truncated_anywhere(good, tmp_path):
    path, text = tmp_path / "x.json", json.dumps(good)
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
    document, path = copy.deepcopy(good), tmp_path / "x.json"
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
    document, path = copy.deepcopy(good), tmp_path / "x.json"
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
