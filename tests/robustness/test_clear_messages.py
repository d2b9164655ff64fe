"""Faults that were once answered in silence or with the wrong place: each names the field and what
is allowed.
"""

import numpy
import pytest

import archsim
from archsim.cli.main import main
from hwlib.errors import MOST_NAMED, InputError


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"interconnect.width_bits": 5000}, "cim40: interconnect.width_bits: "),
        ({"tile.count": 0}, "cim40: tile.count: "),
        ({"notes": 5}, "cim40: notes: "),
        (
            {"physics.conductance_us": [5.0, 1.0]},
            "the low conductance (5) must be below the high one (1)",
        ),
    ],
)
def test_the_place_of_a_wrong_setting(settings, message):
    with pytest.raises(InputError) as caught:
        archsim.load_architecture("cim40", settings)
    assert message in str(caught.value)


@pytest.mark.parametrize("table", ["follows", "takes"])
@pytest.mark.parametrize("source", ["dac.conver", "dack.convert", "dac"])
def test_a_follower_of_nothing(table, source):
    chip = archsim.load_architecture("cim40", {f"components.adc.{table}": {"convert": [source]}})
    with pytest.raises(
        InputError, match=f"components.adc.{table}.convert: .*; got '{source}'.*did you mean"
    ):
        archsim.simulate("lenet1", chip, timing=False)


def test_no_advice_to_unpickle(tmp_path, capsys):
    (tmp_path / "text.npz").write_text("no archive")
    numpy.savez(tmp_path / "objects.npz", images=numpy.array([{}], dtype=object))
    for name in ("text.npz", "objects.npz", "missing.npz"):
        assert main(["run", "lenet1", "--arch", "cim40", "--data", str(tmp_path / name)]) == 2
        message = capsys.readouterr().err.partition(name)[2]
        assert "cannot " in message and "pickle" not in message and "Errno" not in message


def test_an_update_rule_without_training_is_told():
    result = archsim.simulate("lenet1", "cim40", scheme="sgd", timing=False)
    assert any("sgd is not used" in note for note in result.notes)
    assert not any(
        "is not used" in note for note in archsim.simulate("lenet1", "cim40", timing=False).notes
    )


@pytest.mark.parametrize("kind, told", [("bus", True), ("h_tree", False)])
def test_a_bus_made_of_a_tree_is_told(kind, told):
    result = archsim.simulate(
        "lenet1", archsim.load_architecture("cim40", {"interconnect.kind": kind}), timing=False
    )
    assert any("its part is h_tree" in note for note in result.notes) == told


def test_a_tall_tile_has_wide_multiplexers():
    result = archsim.simulate(
        "lenet1", archsim.load_architecture("cim40", {"tile.rows": 1024}), timing=False
    )
    mux = next(row for row in result.inventory if row["component"] == "column_mux")
    assert mux["parameters"]["inputs"] == 8 + 64


@pytest.fixture
def symbolic(tmp_path, monkeypatch):
    """A convolution whose file leaves height and width open."""
    onnx = pytest.importorskip("onnx")
    weights = onnx.helper.make_tensor("w", 1, (4, 3, 3, 3), [0.0] * 108)
    ends = [
        onnx.helper.make_tensor_value_info(name, 1, shape)
        for name, shape in (("x", ["N", 3, "H", "W"]), ("y", None))
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "w"], ["y"])], "g", ends[:1], ends[1:], [weights]
    )
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)]),
        str(tmp_path / "net.onnx"),
    )
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "options, message",
    [
        ("", "give it with --shape H=N"),
        ("--shape H=9", "give it with --shape W=N"),
        ("--shape H=0", "a shape is NAME=N"),
        ("--shape H", "a shape is NAME=N"),
        ("--shape H=9 --shape H=8", "--shape: set twice"),
        ("--shape Q=1", "allowed: H, N, W"),
    ],
)
def test_symbolic_dimensions(options, message, symbolic, capsys):
    assert main(["run", "net.onnx", "--arch", "cim40", *options.split()]) == 2
    assert message in capsys.readouterr().err


def test_symbolic_dimensions_are_given_on_the_line(symbolic, capsys):
    assert (
        main(
            [
                "run",
                "net.onnx",
                "--arch",
                "cim40",
                "--shape",
                "H=9",
                "--shape",
                "W=8",
                "--csv",
                "placement",
                "--quiet",
            ]
        )
        == 0
    )
    assert capsys.readouterr().out.splitlines()[1].split(",")[-2] == str(7 * 6)  # vectors
    assert (
        main(
            [
                "trace",
                "net.onnx",
                "--shape",
                "H=9",
                "--shape",
                "W=8",
                "--out",
                "net.json",
                "--quiet",
            ]
        )
        == 0
    )
    assert main(["run", "net.json", "--shape", "H=9"]) == 2


def test_a_message_names_so_many_allowed_values_and_counts_the_rest():
    few = InputError("unknown", allowed=range(MOST_NAMED))
    assert few.message.endswith(f", {MOST_NAMED - 1}")
    many = InputError("unknown", allowed=range(MOST_NAMED + 7))
    assert many.message.endswith(f", {MOST_NAMED - 1} and 7 more")
    assert InputError("unknown", allowed="a word").message == "unknown; allowed: a word"
