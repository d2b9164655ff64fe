"""Does `archsim check` say of a network, before anything runs, what the run, the training and real
data will say later?
"""

import json

import numpy as np
import pytest

import archsim
from archsim.cli.main import main
from archsim.soc.data.request import check_carries
from archsim.training.program import build_program
from workloads import list_networks, load_network

KEYS = {
    "layers": {
        "layer",
        "operator",
        "macs",
        "weights",
        "on_array",
        "trains",
        "carries_data",
        "counted_as",
    },
    "unsupported": {"node", "operator", "hint"},
    "assumptions": {"what", "value", "option"},
}


def weight(*shape):
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def onnx_file(tmp_path, nodes, shape=(1, 4), weights=(), **options):
    pytest.importorskip("onnx")
    from onnx_cases import make_model, write

    model = make_model(nodes, [("x", shape)], [("w", weight(4, 4)), *weights], **options)
    return write(model, tmp_path / "net.onnx")


def onnx_node(*arguments, **fields):
    pytest.importorskip("onnx")
    from onnx_cases import node

    return node(*arguments, **fields)


def taken(step):
    """Whether a step takes a network."""
    try:
        step()
    except archsim.InputError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(list_networks()))
def test_what_it_says_is_what_training_and_real_data_do(name):
    network = load_network(name)
    checked = archsim.check(network)
    assert checked.trains == taken(lambda: build_program(network, {}))
    assert checked.carries_data == taken(lambda: check_carries(network))
    assert checked.weights == network.weights and checked.loads


def test_counts_by_layer_are_those_of_the_geometry():
    rows = {row.layer: row for row in archsim.check("lenet1").layers}
    # 24 x 24 places of 4 filters of 5 x 5; 192 features to 10 classes
    assert rows["conv1"].macs == 24 * 24 * 4 * 25 and rows["conv1"].weights == 4 * 25
    assert rows["fc"].macs == rows["fc"].weights == 192 * 10
    assert rows["relu1"].macs == rows["relu1"].weights == 0 and not rows["relu1"].on_array


def test_all_nodes_that_are_not_taken_are_told_and_what_follows_is_still_counted(tmp_path):
    nodes = [
        onnx_node("MatMul", ["x", "w"], ["a"]),
        onnx_node("Det", ["a3"], ["b"]),  # of (1, 4, 4), so that onnx knows its shape
        onnx_node("Mul", ["a", "b"], ["c"]),
        onnx_node("Clip", ["c", "", "a"], ["d"]),  # has a converter, which wants constant bounds
        onnx_node("MatMul", ["d", "w2"]),
    ]
    nodes.insert(1, onnx_node("Reshape", ["x4", "shape"], ["a3"]))
    nodes.insert(1, onnx_node("MatMul", ["a", "wide"], ["x4"]))
    path = onnx_file(
        tmp_path,
        nodes,
        weights=[
            ("w2", weight(4, 3)),
            ("wide", weight(4, 16)),
            ("shape", np.array([1, 4, 4], np.int64)),
        ],
    )
    with pytest.raises(archsim.InputError):
        load_network(path)
    checked = archsim.check(path)
    assert [node.operator for node in checked.unsupported] == ["Det", "Clip"]
    assert "node 3" in checked.unsupported[0].node and checked.unsupported[1].hint
    assert not checked.loads and not checked.trains and not checked.carries_data
    rows = {row.layer: row for row in checked.layers}
    assert [row.macs for row in checked.layers if row.on_array] == [16, 64, 12]
    assert [row.operator for row in rows.values() if row.counted_as is None] == ["Det", "Clip"]


def test_nodes_of_which_nothing_is_known_are_counted(tmp_path):
    nodes = [
        onnx_node("MatMul", ["x", "w"], ["a"]),
        onnx_node("Odd", ["a"], ["b"], domain="mine"),
        onnx_node("Relu", ["b"], ["c"]),
        onnx_node("Relu", ["c"]),
    ]
    path = onnx_file(tmp_path, nodes)
    model = pytest.importorskip("onnx").load(path)
    model.opset_import.add(domain="mine", version=1)
    path.write_bytes(model.SerializeToString())
    checked = archsim.check(path)
    assert [node.operator for node in checked.unsupported] == ["mine.Odd"]
    assert checked.unreached == 2 and checked.macs == 16


def test_an_assumption_names_its_value_and_the_option_that_overrules_it(tmp_path, monkeypatch):
    path = onnx_file(tmp_path, [onnx_node("MatMul", ["x", "w"])], shape=(6, 4))
    (item,) = archsim.check(path).assumptions
    assert (item.value, item.option) == (0, "--batch-axis") and "assumed" in item.what
    assert archsim.check(path, batch_axis="none").assumptions == ()
    table = tmp_path / "net.csv"
    table.write_text(
        "Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,\n"
        "a,8,8,3,3,3,4,1,\nb,8,8,3,3,4,4,1,\n"
    )
    items = {item.option: item for item in archsim.check(table).assumptions}
    assert items["--padding"].value == "same"
    asked = archsim.check(table, padding="same").assumptions
    assert "--padding" not in {item.option for item in asked}


def test_the_command_prints_the_document(tmp_path, capsys):
    path = onnx_file(tmp_path, [onnx_node("Det", ["x"])], shape=(4, 4))
    assert main(["check", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == archsim.check(path).to_dict()
    for key, names in KEYS.items():
        assert all(set(row) == names for row in document[key])
    assert main(["check", "lenet1"]) == 0
    assert "136,320" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("check lenet2", "did you mean 'lenet1'"),
        ("check nothing.onnx", "no such file"),
        ("check lenet1 --batch-axis 0", ".onnx files only"),
        ("check lenet1 --padding same", ".csv files only"),
        ("check", "NETWORK"),
        ("check net.pt", "archsim.from_torch"),
        ("run net.h5", "format='onnx'"),
        ("check net.tflite", "tf2onnx"),
    ],
)
def test_what_is_no_network_is_refused(line, fault, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("net.pt", "net.h5", "net.tflite"):
        (tmp_path / name).write_bytes(b"nothing")
    assert main(line.split()) == 2
    assert fault in capsys.readouterr().err
