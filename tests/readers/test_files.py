"""Which files are read, and how much of them? Regular ones, up to a limit, and nothing waits for a
pipe or a device.
"""

import json
import os
import socket

import pytest

import archsim
from archsim.cli.main import main
from archsim.devices.presets import read_presets
from archsim.readers.documents import DEEPEST, parse_json, parse_toml
from archsim.readers.files import read_bytes
from archsim.run.recorded_trace import load_trace
from archsim.run.result import Result
from hwlib.errors import InputError
from tests.members import every

READERS = {
    "network": archsim.load_network,
    "chip": archsim.load_architecture,
    "trace": load_trace,
    "device": read_presets,
    "result": Result.load,
    "data": archsim.load_dataset,
    "space": archsim.explore,
}
SUFFIX = {
    "network": ".toml",
    "chip": ".toml",
    "trace": ".json",
    "device": ".toml",
    "result": ".json",
    "data": ".npz",
    "space": ".toml",
}


def special(kind, folder, suffix):
    path = folder / f"special{suffix}"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as door:
            os.chdir(folder)
            door.bind(path.name)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "dangling":
        path.symlink_to(folder / "nothing")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(kind)
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "pipe",
        "socket",
        "loop",
        "dangling",
        "empty",
        "folder",
        "/dev/zero",
        "/dev/null",
        "/dev/stdin",
    ],
)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_regular_file_is_refused_at_once(reader, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        READERS[reader](special(kind, tmp_path, SUFFIX[reader]))


@pytest.mark.parametrize("reader", READERS)
def test_a_file_over_the_limit_is_not_read(reader, tmp_path):
    path = tmp_path / f"huge{SUFFIX[reader]}"
    with open(path, "wb") as file:
        file.truncate(10**12)  # a sparse file: reading it would take the memory of any machine
    with pytest.raises(InputError, match="too large|not an .npz"):
        READERS[reader](path)


@pytest.mark.parametrize(
    "line",
    [
        ["report", "{}"],
        ["explain", "{}", "area_mm2"],
        ["explore", "{}", "--dry-run"],
        ["run", "{}", "--arch", "cim40"],
        ["run", "digits_cnn", "--arch", "cim40", "--data", "{}"],
        ["train", "digits_cnn", "--data", "{}"],
        ["train", "digits_cnn", "--device", "{}"],
        ["run", "digits_cnn", "--arch", "{}"],
    ],
)
def test_no_command_waits_for_a_pipe(line, tmp_path, capsys):
    for suffix in (".toml", ".json", ".npz"):
        path = special("pipe", tmp_path, suffix)
        assert main([word.format(path) for word in line]) == 2


def test_bytes_are_bounded_whatever_the_system_says_of_the_size():
    with pytest.raises(InputError, match="too large"):
        read_bytes("/proc/self/status", 10)  # its size is said to be 0
    assert b"Name" in read_bytes("/proc/self/status", 10_000_000)


@every(
    "content, words",
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "not a number"),
        (b'{"a": -Infinity}', "not a number"),
        (b"[1e999]", "not a number"),
        (b"[" * 100_000 + b"]" * 100_000, "deep"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "deep"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"{\0}", "zero byte"),
        (b"1" * 5000, "JSON"),
        (b"[" + b"1" * 800 + b"]", "digits"),
        (rb'["\ud800"]', "surrogate"),
        (rb'{"\udfff": 1}', "surrogate"),
        (b"{'a': 1}", "JSON"),
        (b'{"a": 1} 2', "JSON"),
        (b"", "JSON"),
        (b'"\x1b"', "JSON"),
    ],
)
def test_json_that_is_not_plain_data_is_refused(content, words):
    with pytest.raises(InputError, match=words) as error:
        parse_json(content, "x.json")
    assert error.value.where.startswith("x.json") and len(error.value.message) < 400


def test_json_that_is_plain_data_is_read():
    document = {"a": [1, 2.5, None, True, "µ 🙂"], "b": {"c": 10**300}}
    assert parse_json(b"\xef\xbb\xbf" + json.dumps(document).encode(), "x") == document
    deep = b"[" * (DEEPEST - 1) + b"1" + b"]" * (DEEPEST - 1)
    assert parse_json(deep, "x") and pytest.raises(InputError, parse_json, b"[" + deep + b"]", "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (".".join(["a"] * 40_000) + " = 1", "parts"),
        ("[" + " . ".join(['"a"'] * 40_000) + "]", "parts"),
        ("x = {" + ".".join(["b"] * 9000) + " = 1}", "parts"),
        ("a = " + "[" * 5000 + "]" * 5000, "deep"),
        ("a = " + "{b = " * 200 + "1" + "}" * 200, "deep"),
        ("a = " + "9" * 5000, "TOML"),
        ("a = " + "9" * 900, "digits"),
        ("a = 1\na = 2", "TOML"),
        ("a = \x01", "TOML"),
        ("a", "TOML"),
    ],
)
def test_toml_that_is_not_plain_data_is_refused(text, words):
    with pytest.raises(InputError, match=words) as error:
        parse_toml(text, "x.toml")
    assert len(error.value.message) < 400
