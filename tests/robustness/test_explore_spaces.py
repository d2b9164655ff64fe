"""Wrong space files end in one message that names the field; expressions do only what they may."""

import copy

import pytest

import archsim
from archsim.cli.main import main
from archsim.exploration import load_space
from archsim.exploration.space.axes import read_axis
from archsim.exploration.sweep import load_sweep
from hwlib.expressions import Expression
from tests.explore_points import SPACE
from tests.members import every


def changed(**changes):
    return copy.deepcopy(SPACE) | changes


FAULTS = {
    "no schema": ({k: v for k, v in SPACE.items() if k != "schema"}, "schema = 1"),
    "unknown key": (changed(axis={}), "axis.*unknown field.*axes"),
    "no axes": (changed(axes={}), "axes.*at least one axis"),
    "no objectives": (changed(objectives={}), "objectives.*at least one"),
    "misspelt axis": (changed(axes={"tile.row": [1]}), r"axes\.tile\.row.*did you mean 'rows'"),
    "group": (changed(axes={"tile": [1]}), "axes.tile.*group of fields"),
    "deeper than a value": (changed(axes={"tile.rows.high": [1]}), "single value"),
    "wrong type": (changed(axes={"read.adc_bits": [4, "eight"]}), "axes.read.adc_bits.*'eight'"),
    "out of range": (changed(axes={"read.adc_bits": [4, 99]}), "axes.read.adc_bits.*99"),
    "wrong choice": (changed(axes={"read.input": ["bit_serail"]}), "axes.read.input.*bit_serial"),
    "unknown network": (changed(axes={"network": ["lenet2"]}), "axes.network.*lenet1"),
    "unknown chip": (changed(architecture="cim4"), "cim40"),
    "unknown scheme": (changed(axes={"scheme": ["rpo"]}, phase="training"), "axes.scheme.*rpu"),
    "scheme field": (
        changed(axes={"scheme.optimizer": ["adam"]}),
        "did you mean 'scheme.optimiser'",
    ),
    "scheme field without scheme": (changed(axes={"scheme.optimiser": ["adam"]}), "without one"),
    "twice": (changed(axes={"read.adc_bits": [4, 4]}), "stands twice"),
    "empty": (changed(axes={"read.adc_bits": []}), "without values"),
    "list of lists": (changed(axes={"read.adc_bits": [[4]]}), r"axes\.read\.adc_bits\[0\]"),
    "not an axis": (changed(axes={"read.adc_bits": 4}), "a list of values or a range"),
    "range backwards": (changed(axes={"read.adc_bits": {"from": 9, "to": 4}}), "not below"),
    "range field": (
        changed(axes={"read.adc_bits": {"from": 4, "to": 9, "stop": 1}}),
        "did you mean 'step'",
    ),
    "two ways": (
        changed(axes={"read.adc_bits": {"from": 4, "to": 9, "step": 1, "count": 2}}),
        "one of step, factor",
    ),
    "too many": (changed(axes={"tile.rows": {"from": 1, "to": 60000}}), "too many values"),
    "log from zero": (
        changed(axes={"clock_mhz": {"from": 0.0, "to": 9.0, "scale": "log", "count": 3}}),
        "above zero",
    ),
    "grid of a range": (
        changed(axes={"clock_mhz": {"from": 1.0, "to": 9.0}}),
        "clock_mhz.*grid needs steps",
    ),
    "axis and setting": (changed(settings={"tile.rows": 64}), "both fixed in settings and an axis"),
    "setting": (changed(settings={"tile.rws": 64}), "settings.tile.rws"),
    "objective": (changed(objectives={"area": "minimise"}), "objectives.area.*area_mm2"),
    "direction": (changed(objectives={"area_mm2": "minimal"}), "minimised or maximised"),
    "condition name": (
        changed(conditions=["tile.rows > tile.columms"]),
        "tile.columms.*did you mean 'tile.columns'",
    ),
    "condition code": (
        changed(conditions=["__import__('os').system('true')"]),
        "not allowed in an expression",
    ),
    "condition text": (changed(conditions="tile.rows > 1"), "list of texts"),
    "constraint name": (changed(constraints=["area_mm < 5"]), "area_mm.*area_mm2"),
    "sampler": (changed(sampler={"kind": "sobel", "points": 4}), "did you mean 'sobol'"),
    "no points": (changed(sampler={"kind": "random"}), "sampler.points"),
    "grid points": (changed(sampler={"kind": "grid", "points": 5}), "a grid has all"),
    "rung": (changed(rungs=[{"kind": "time"}]), r"rungs\[0\].kind.*did you mean 'timing'"),
    "rung order": (changed(rungs=[{"kind": "timing"}, {"kind": "price"}]), "cheap to dear"),
    "rung option": (changed(rungs=[{"kind": "price", "epochs": 3}]), "unknown field"),
    "rung each": (
        changed(rungs=[{"kind": "price"}, {"kind": "timing", "points": 2, "each": ["node"]}]),
        "did you mean 'node_nm'",
    ),
    "training of inference": (changed(scheme="rpu", rungs=[{"kind": "training"}]), "needs phase"),
    "training field": (
        changed(axes={"training.learning_rates": [0.1]}),
        "did you mean 'learning_rate'",
    ),
    "training value": (
        changed(axes={"training.learning_rate": [-0.1]}),
        "axes.training.learning_rate",
    ),
    "training of no rung": (
        changed(axes={"training.learning_rate": [0.1, 0.2]}),
        "axes.training.learning_rate.*no rung of this sweep trains",
    ),
    "device": (changed(axes={"device": ["gokmen2061"]}), "gokmen2016"),
    "derived": (changed(derived={"tile.rows": "64"}), "both derived and an axis"),
    "derived name": (changed(derived={"tile.columns": "tile.rws"}), "did you mean 'tile.rows'"),
    "name": (changed(name=3), "not a text"),
    "batch": (changed(batch=1.5), "batch"),
    "phase": (changed(axes={"phase": ["inferense"]}), "phase"),
    "label": (changed(axes={"name": ["a"]}), "no such field to explore"),
}


@every("name", FAULTS)
def test_a_fault_is_told_with_its_field(name):
    content, wanted = FAULTS[name]
    with pytest.raises(archsim.InputError, match=wanted):
        load_space(content)


def test_the_command_tells_it_too(tmp_path, capsys):
    (tmp_path / "space.toml").write_text(
        'schema = 1\n[axes]\n"tile.rws" = [64]\n[objectives]\narea_mm2 = "minimise"\n'
    )
    assert main(["explore", str(tmp_path / "space.toml"), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert "did you mean 'rows'" in said.err and not said.out
    assert not (tmp_path / "out").exists()
    assert main(["explore", str(tmp_path / "none.toml")]) == 2
    assert main(["explore", str(tmp_path)]) == 2


@every(
    "text",
    [
        "().__class__",
        "x.__class__.__mro__",
        "[a for a in x]",
        "lambda: 1",
        "f'{x}'",
        "open('x')",
        "x()",
        "x[0]",
        "{1: 2}",
        "x := 3",
        "await x",
        "b'x'",
        "...",
        "None",
        "1j",
        "print(x)",
        "max(x, key=abs)",
        "x if y",
        "",
        "1 +",
        "x; y",
        "(" * 300,
        "-" * 900 + "1",
    ],
)
def test_an_expression_refuses_what_it_need_not_do(text):
    with pytest.raises(archsim.InputError):
        expression = Expression(text, "here")
        if set(expression.names) <= {"x", "y"}:
            raise AssertionError(f"taken: {text}")
        expression.check_names({"x", "y"}, "name")


@pytest.mark.parametrize(
    "text",
    ["9 ** 9 ** 9", "1 / 0", "'a' * 9", "'a' < 1", "x + 1", "log2(-1)", "(-8) ** 0.5", "1 % 0"],
)
def test_an_expression_that_cannot_be_worked_out_is_an_input_error(text):
    with pytest.raises(archsim.InputError, match="cannot be worked out"):
        Expression(text, "here")({})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tile.rows // 3 + 1", 43),
        ("2 < tile.rows <= 128 and not x", True),
        ("'a' in ['a', 'b'] or y", True),
        ("x if x > 0 else -x", 2),
        ("max(1, min(4, 3)) ** 2", 9),
        ("round(log2(tile.rows))", 7),
        ("name == 'bit_serial'", False),
        ("x != 1 != 2", True),
        ("-2 ** 2", -4),
    ],
)
def test_expressions_mean_what_they_mean_in_python(text, value):
    assert (
        Expression(text, "here")(
            {"tile.rows": 128, "x": -2 if "-x" in text else 0, "y": False, "name": "other"}
        )
        == value
    )


def test_ranges_give_the_values_that_were_meant():
    def values(**entry):
        return list(read_axis("a", entry, "a").values)

    assert values(**{"from": 5, "to": 8}) == [5, 6, 7, 8]
    assert values(**{"from": 0.1, "to": 0.5, "step": 0.1}) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert values(**{"from": 32, "to": 300, "factor": 2}) == [32, 64, 128, 256]
    assert values(**{"from": 1, "to": 1000, "count": 4, "scale": "log"}) == [1, 10, 100, 1000]
    assert values(**{"from": 1.0, "to": 2.0, "count": 3}) == [1.0, 1.5, 2.0]
    assert values(**{"from": 10, "to": 20, "step": 4}) == [10, 14, 18]


def test_a_folder_that_holds_no_sweep_is_told(tmp_path):
    with pytest.raises(archsim.InputError, match="no sweep here"):
        load_sweep(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"kind": "sweep"}', '{"kind": "sweep", "schema": 1}', "\x00"]
)
def test_a_damaged_document_ends_in_a_message(tmp_path, capsys, text):
    (tmp_path / "sweep.json").write_text(text)
    assert main(["report", str(tmp_path)]) == 2
    assert "sweep" in capsys.readouterr().err
