"""ONNX networks that are broken are refused with what is wrong, where."""

import importlib
import random

import numpy as np
import pytest

from hwlib.errors import InputError
from tests.robustness.broken_onnx import CONV_NODES, ONNX, one, onnx_bytes
from workloads import load_network

TOP = "schema = 1\ninput = [3, 8, 8]\n"
CONV = '[[layer]]\nname = "conv1"\noperator = "conv2d"\nchannels = 4\nkernel = 3\n'
FLAT = '[[layer]]\nname = "flat"\noperator = "flatten"\n'


def check(path, content, message):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        load_network(path)
    text = str(caught.value)
    assert message in text, text
    assert path.name in text and "\n" not in text and len(text) < 1500


def test_missing_onnx_package(tmp_path, monkeypatch):
    monkeypatch.setitem(importlib.import_module("sys").modules, "onnx", None)
    check(tmp_path / "net.onnx", b"abc", "pip install archsim[onnx]")


@pytest.mark.parametrize("case", ONNX)
def test_broken_onnx(tmp_path, case):
    pytest.importorskip("onnx")
    content, message = ONNX[case]
    check(tmp_path / "net.onnx", content(), message)


def test_unknown_symbolic_dimension(tmp_path):
    pytest.importorskip("onnx")
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_bytes(one("Relu"), [("x", ["N", "time", 8])]))
    with pytest.raises(InputError, match="did you mean 'time'"):
        load_network(path, shapes={"times": 3})
    with pytest.raises(InputError, match="is too small"):
        load_network(path, shapes={"time": 0})


def _external(tmp_path, location, **more):
    """A model whose weights are in another file, of which it says `location`."""
    onnx = pytest.importorskip("onnx")
    model = onnx.ModelProto.FromString(onnx_bytes(CONV_NODES, weights=[("w", 64, 3, 3, 3)]))
    stored = model.graph.initializer[0]
    for field in ("float_data", "raw_data"):
        stored.ClearField(field)
    stored.data_location = 1
    stored.external_data.add(key="location", value=location)
    for key, value in more.items():
        stored.external_data.add(key=key, value=value)
    (tmp_path / "net").mkdir(exist_ok=True)
    path = tmp_path / "net" / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_weights_in_a_file_beside_the_model(tmp_path):
    path = _external(tmp_path, "values/net.bin", offset="64", length=str(4 * 1728))
    numbers = np.arange(1728 + 16, dtype=np.float32)
    (tmp_path / "net" / "values").mkdir()
    (tmp_path / "net" / "values" / "net.bin").write_bytes(numbers.tobytes())
    network = load_network(path)
    assert network.weights == 1728
    load_weights = importlib.import_module("workloads.onnx_file").load_weights
    (held,) = load_weights(path).values()
    assert held.matrix.T.reshape(-1).tolist() == numbers[16:].tolist()
    # their file belongs to the model: another content is another network
    (tmp_path / "net" / "values" / "net.bin").write_bytes((numbers + 1).tobytes())
    assert load_network(path).tensors.digest != network.tensors.digest


@pytest.mark.parametrize(
    ("location", "more", "message"),
    [
        ("/etc/passwd", {}, "a place that is not read"),
        ("../outside.bin", {}, "a place that is not read"),
        ("values/../../outside.bin", {}, "a place that is not read"),
        ("c:\\outside.bin", {}, "a place that is not read"),
        ("", {}, "a place that is not read"),
        ("link.bin", {}, "behind a link"),
        ("linked/outside.bin", {}, "behind a link"),
        ("missing.bin", {}, "is not there"),
        (".", {}, "no file that can be read"),
        ("short.bin", {}, "do not fit"),
        ("whole.bin", {"offset": "4"}, "do not fit"),
        ("whole.bin", {"offset": "-4"}, "is no number"),
        ("whole.bin", {"offset": "9" * 30}, "is no number"),
        ("whole.bin", {"length": "12"}, "do not fit"),
    ],
)
def test_weights_that_are_not_read(tmp_path, location, more, message):
    content = bytes(4 * 1728)
    (tmp_path / "outside.bin").write_bytes(content)
    path = _external(tmp_path, location, **more)
    (path.parent / "whole.bin").write_bytes(content)
    (path.parent / "short.bin").write_bytes(content[:-1])
    (path.parent / "link.bin").symlink_to(tmp_path / "outside.bin")
    (path.parent / "linked").symlink_to(tmp_path)
    with pytest.raises(InputError, match=message):
        load_network(path)


def test_damaged_onnx_files(tmp_path):
    """Two hundred files with a few bytes changed, and every truncation: a network or an InputError,
    nothing else.
    """
    pytest.importorskip("onnx")
    nodes = [
        ("Conv", ["x", "w"], ["a"], {"pads": [1, 1, 1, 1], "group": 1}),
        ("Relu", ["a"], ["b"], {}),
        ("MaxPool", ["b"], ["c"], {"kernel_shape": [2, 2]}),
        ("Flatten", ["c"], ["d"], {}),
        ("Gemm", ["d", "v"], ["y"], {"transB": 1}),
    ]
    good = onnx_bytes(nodes, weights=[("w", 1, 3, 3, 3), ("v", 2, 49)])
    path = tmp_path / "net.onnx"
    generator = random.Random(7)
    for number in range(300):
        content = bytearray(good)
        for _ in range(generator.randint(1, 3)):
            content[generator.randrange(len(content))] = generator.randrange(256)
        path.write_bytes(content if number % 3 else good[: generator.randrange(1, len(good))])
        try:
            load_network(path)
        except InputError as fault:
            assert "net.onnx" in str(fault)


def test_a_layer_that_nothing_reads_is_told(tmp_path):
    """A slip in `inputs` leaves a layer out of the way to the output."""
    path = tmp_path / "net.toml"
    path.write_text(TOP + CONV + CONV.replace("conv1", "conv2") + 'inputs = ["input"]\n' + FLAT)
    assert any(
        "nothing reads these layers" in note and note.endswith(": conv1")
        for note in load_network(path).notes
    )
    path.write_text(TOP + CONV + FLAT)
    assert not load_network(path).notes
