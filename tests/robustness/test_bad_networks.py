"""Broken network files: each gives one InputError that names the file and the place, and never
another exception.
"""

import os

import pytest

from hwlib.errors import InputError
from tests.members import every
from tests.robustness.broken_networks import CSV, FLAT, HEADER, ROW, TOML, TOP
from workloads import load_network


@every("case", TOML)
def test_broken_toml(tmp_path, case):
    check(tmp_path / "net.toml", *TOML[case])


@every("case", CSV)
def test_broken_csv(tmp_path, case):
    check(tmp_path / "net.csv", *CSV[case])


def check(path, content, message):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        load_network(path)
    text = str(caught.value)
    assert message in text, text
    assert path.name in text and "\n" not in text and len(text) < 1500


@pytest.mark.parametrize("suffix", [".toml", ".csv"])
@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n\x00\xff", b"schema = 1\n\x00\x00", "schema = 1 # é".encode("latin-1")],
)
def test_binary_content(tmp_path, suffix, content):
    check(tmp_path / f"net{suffix}", content, "text")


def test_too_many_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("workloads.scalesim_file.LARGEST_COUNT", 3)
    monkeypatch.setattr("workloads.toml_file.LARGEST_COUNT", 3)
    check(tmp_path / "net.csv", HEADER + ROW * 4, "line 5: too many layers")
    check(
        tmp_path / "net.toml",
        TOP + "".join(FLAT.replace("flat", f"f{index}") for index in range(4)),
        "too many layers; got 4",
    )


@pytest.mark.parametrize("suffix", [".toml", ".csv", ".onnx"])
def test_too_large_file(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    with path.open("wb") as stream:
        stream.truncate(2 * 10**9)
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    with pytest.raises(InputError, match="the file is too large"):
        load_network(path)


def test_paths(tmp_path):
    (tmp_path / "lenet.toml").write_text("x")
    (tmp_path / "folder.toml").mkdir()
    cases = {
        str(tmp_path): "is a folder",
        str(tmp_path / "folder.toml"): "is a folder",
        str(tmp_path / "lenets.toml"): "did you mean 'lenet.toml'?",
        str(tmp_path / "none" / "x.onnx"): "no such file",
        str(tmp_path / "lenet.toml" / "x.csv"): "no such file",
        "lenet2": "did you mean 'lenet1'?",
        "resnet-18": "did you mean 'resnet18'?",
        "completely different": "archsim list networks",
        "": "unknown network",
        ".": "is a folder",
        "a\0b.toml": "",
        "x" * 5000 + ".toml": "",
        "/dev/null.csv": "no such file",
    }
    for text, message in cases.items():
        with pytest.raises(InputError) as caught:
            load_network(text)
        assert message in str(caught.value), str(caught.value)
    for value in (None, 7, ["lenet1"], b"lenet1"):
        with pytest.raises(InputError, match="built-in name or a path"):
            load_network(value)


def test_kinds_of_files(tmp_path):
    trace = tmp_path / "recorded.json"
    trace.write_text("{}")
    with pytest.raises(InputError, match="archsim run"):
        load_network(trace)
    (tmp_path / "net.prototxt").write_text("a: 1")
    with pytest.raises(InputError, match="unknown kind of network file; got '.prototxt'"):
        load_network(tmp_path / "net.prototxt")
    with pytest.raises(InputError, match="onnx files only"):
        load_network("lenet1", shapes={"time": 3})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_special_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="not a regular file"):
        load_network(tmp_path / "pipe.toml")
    secret = tmp_path / "secret.toml"
    secret.write_text("x")
    secret.chmod(0)
    if not os.access(secret, os.R_OK):
        with pytest.raises(InputError, match="cannot be read \\(permission denied\\)"):
            load_network(secret)
