"""Does activity from a file move exactly what it says, and is a slip in it refused?"""

import json

import pytest

import archsim
from archsim.cli.main import main
from archsim.trace import build_trace, with_activity
from archsim.trace.operation import Activity
from hwlib.errors import InputError
from tests.members import every
from workloads import load_network

CSV = "layer,phase,input_density,retries\nw1,forward,0.25,0.5\nw2,forward,0.125,\n"
JSON = {
    "w1": {"forward": {"input_density": 0.25, "retries": 0.5}},
    "w2": {"forward": {"input_density": 0.125}},
}


def test_csv_and_json_are_the_activity_itself(tmp_path, capsys):
    layers = [matrix.layer for matrix in build_trace(load_network("mlp_100")).matrices]
    assert layers == ["w1", "w2"]
    measured = {
        ("w1", "forward"): Activity(input_density=0.25, retries=0.5),
        ("w2", "forward"): Activity(input_density=0.125),
    }
    direct = archsim.simulate(
        with_activity(build_trace(load_network("mlp_100")), measured), "cim40", images=2
    )
    for name, text in (("a.csv", CSV), ("a.json", json.dumps(JSON))):
        (tmp_path / name).write_text(text)
        assert (
            main(
                [
                    "run",
                    "mlp_100",
                    "--arch",
                    "cim40",
                    "--images",
                    "2",
                    "--activity",
                    str(tmp_path / name),
                    "--json",
                ]
            )
            == 0
        )
        result = json.loads(capsys.readouterr().out)
        assert (result["energy_j"], result["cycles"], result["activity"]) == (
            direct.energy_j,
            direct.cycles,
            "measured",
        )
        assert any("on which chip" in note for note in result["notes"])
    assert direct.energy_j != archsim.simulate("mlp_100", "cim40", images=2).energy_j


@every(
    "name, text, words",
    [
        (
            "a.csv",
            CSV.replace("w2", "w22"),
            "line 3: no operation on the arrays has this layer and phase",
        ),
        ("a.csv", CSV.replace("forward", "foward"), "did you mean 'forward'"),
        ("a.csv", CSV.replace("retries", "retrys"), "did you mean 'retries'"),
        ("a.csv", CSV.replace("0.25", "1.25"), "input_density: not a number in range"),
        ("a.csv", CSV.replace("0.25", "nan"), "not a number"),
        ("a.csv", CSV.replace("0.25", "-1"), "not a number"),
        ("a.csv", CSV + "w1,forward,0.5,0\n", "a second row"),
        ("a.csv", CSV + "w1,forward\n", "as many cells"),
        ("a.csv", "layer,phases\n", "one column 'phase'"),
        ("a.csv", "layer,phase\n", "no activity"),
        ("a.csv", CSV.replace("w2,forward", "w2,backward"), "no operation"),
        ("a.json", "[]", "table of layers"),
        ("a.json", "{", "JSON"),
        ("a.json", '{"w1": {"forward": {"retries": true}}}', "not a number"),
        ("a.txt", CSV, ".csv or .json"),
        ("a.json", '{"w1": {"forward": 3}}', "table of fields"),
        ("a.csv", "layer,phase,retries\nw1,forward,\n", "line 2: states nothing of this layer"),
        ("a.json", '{"w1": {"forward": {}}}', "w1.forward: states nothing of this layer"),
    ],
)
def test_slips(name, text, words, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as fault:
        archsim.simulate("mlp_100", "cim40", activity=tmp_path / name, timing=False)
    assert words in fault.value.message and str(tmp_path) in fault.value.message
