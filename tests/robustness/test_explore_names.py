"""Is every name of a space known before a sweep begins, and is a sweep without a single design no
success?
"""

import pytest

import archsim
from archsim.exploration import load_space
from archsim.exploration.work.preview import build_one, check_names

GOOD = {
    "schema": 1,
    "name": "names",
    "network": "digits_cnn",
    "architecture": "cim40",
    "scheme": "rpu",
    "phase": "training",
    "settings": {"read.transposed": True},
    "axes": {"tile.rows": [64, 128]},
    "objectives": {"area_mm2": "minimise"},
}
DEVICE = """
[mine]
law = "constant_step"
title = "mine"
source = "gokmen2016"
place = "here"
confidence = "assumed"
parameters = { pulse_step = 0.01 }
"""


def text_of(space):
    """A space as TOML."""

    def value(entry):
        if isinstance(entry, list):
            return f"[{', '.join(map(value, entry))}]"
        return (
            str(entry).lower()
            if isinstance(entry, bool)
            else f'"{entry}"'
            if isinstance(entry, str)
            else str(entry)
        )

    words = [
        f"{key} = {value(entry)}"
        for key, entry in space.items()
        if not isinstance(entry, dict) and key != "rungs"
    ]
    tables = [
        f"[{key}]\n" + "\n".join(f'"{path}" = {value(one)}' for path, one in entry.items())
        for key, entry in space.items()
        if isinstance(entry, dict)
    ]
    rungs = [
        "[[rungs]]\n" + "\n".join(f"{key} = {value(one)}" for key, one in rung.items())
        for rung in space.get("rungs", [])
    ]
    return "\n".join([*words, *tables, *rungs]) + "\n"


WRONG = {
    "scheme": ({"scheme": "rpuu"}, "did you mean 'rpu'?"),
    "phase": ({"phase": "trainnig"}, "did you mean 'training'?"),
    "network": ({"network": "digits_cn"}, "did you mean 'digits_cnn'?"),
    "chip": ({"architecture": "cim41"}, ".toml: architecture: unknown architecture; got 'cim41'"),
    "last chip of an axis": (
        {"axes": {"architecture": ["cim40", "cores41"]}, "architecture": None},
        ".toml: axes.architecture: unknown architecture; got 'cores41'",
    ),
    "device": ({"device": "gokmen2061"}, "did you mean 'gokmen2016'?"),
    "device file": ({"device": "missing.toml"}, "missing.toml"),
    "last scheme of an axis": (
        {"axes": {"scheme": ["rpu", "sgd", "tiki_takka"]}, "scheme": None},
        "did you mean 'tiki_taka'?",
    ),
    "last network of an axis": (
        {"axes": {"network": ["digits_cnn", "lenet11"]}, "network": None},
        "did you mean 'lenet1'?",
    ),
    "last device of an axis": (
        {"axes": {"device": ["gokmen2016", "soft_boundz"]}},
        "did you mean 'soft_bounds'?",
    ),
    "last phase of an axis": (
        {"axes": {"phase": ["training", "inferense"]}, "phase": None},
        "did you mean 'inference'?",
    ),
    "last word of a field": ({"axes": {"weights.mapping": ["differential", "ofset"]}}, "ofset"),
    "recorded component": ({"record": ["by_component.adcc.area_mm2"]}, "did you mean 'adc'?"),
    "recorded field": ({"record": ["by_component.adc.area_mm"]}, "did you mean 'area_mm2'?"),
    "objective's component": ({"objectives": {"by_component.foo.energy_j": "minimise"}}, "foo"),
    "recorded layer": ({"record": ["by_layer.conv11.forward.energy_j"]}, "by_layer.conv1.forward"),
    "recorded phase": ({"record": ["by_phase.forwards.energy_j"]}, "did you mean 'forward'?"),
    "recorded boundary": ({"record": ["boundaries.chips.area_mm2"]}, "did you mean 'chip'?"),
    "constraint's component": (
        {"constraints": ["by_component.dacs.area_mm2 < 1"]},
        "did you mean 'dac'?",
    ),
    "objective that no rung gives": (
        {"objectives": {"accuracy_percent": "maximise"}},
        'kind = "training"',
    ),
    "objective in time without a timing": (
        {"objectives": {"cycles": "minimise"}},
        'kind = "timing"',
    ),
    "a list for a direction": (
        {"objectives": {"area_mm2": ["minimise"]}},
        "did you mean 'minimise'?",
    ),
    "data": ({"rungs": [{"kind": "training", "data": "digit"}]}, "did you mean 'digits'?"),
    "nothing fits": (
        {"settings": {"read.transposed": False}},
        "no design of this space can be built",
    ),
    "nothing fits a pulsed rule": (
        {"settings": {"read.transposed": True, "tile.count": 1, "execution.reload": True}},
        "reload",
    ),
}


def changed(changes):
    return {key: value for key, value in (GOOD | changes).items() if value is not None}


@pytest.mark.parametrize("words", [(), ("--dry-run",)], ids=["sweep", "dry run"])
@pytest.mark.parametrize("changes, said", WRONG.values(), ids=WRONG)
def test_a_wrong_name_is_refused_before_any_point(call, tmp_path, changes, said, words):
    (tmp_path / "space.toml").write_text(text_of(changed(changes)))
    code, out, err = call("explore", "space.toml", "--jobs", "1", *words)
    assert code == 2 and said in err and out == "" and "Traceback" not in err, err


@pytest.mark.parametrize(
    "changes",
    [
        {
            "record": [
                "by_component.adc.area_mm2",
                "by_layer.conv1.forward.energy_j",
                "by_phase.update.energy_j",
                "boundaries.system.energy_j",
            ]
        },
        {
            "axes": {"scheme": ["sgd", "rpu"], "tile.rows": [64]},
            "scheme": None,
            "record": ["by_component.bitstream_generator.area_mm2"],
        },
        {"axes": {"architecture": ["cim40", "rpu"], "read.adc_bits": [7, 8]}, "architecture": None},
        {
            "axes": {"phase": ["inference", "training"]},
            "phase": None,
            "record": ["by_phase.backward.energy_j"],
        },
        {
            "rungs": [{"kind": "price"}, {"kind": "timing"}],
            "objectives": {"cycles": "minimise"},
            "record": ["stalls.input"],
        },
        {"axes": {"tile.count": [1, 60], "tile.rows": [64]}},
    ],
    ids=[
        "paths",
        "part of one scheme only",
        "two chips",
        "two phases",
        "timed",
        "some designs fit",
    ],
)
def test_what_is_right_for_one_of_the_names_is_no_fault(changes):
    space = load_space(changed(changes))
    check_names(space)
    assert build_one(space)["network"] == "digits_cnn"


def test_a_device_file_is_read_before_the_sweep(tmp_path):
    (tmp_path / "good.toml").write_text(DEVICE)
    (tmp_path / "bad.toml").write_text(DEVICE.replace("pulse_step", "pulse_stp"))
    load_space(changed({"device": str(tmp_path / "good.toml")}))
    with pytest.raises(archsim.InputError, match="pulse_step"):
        load_space(changed({"axes": {"device": ["gokmen2016", str(tmp_path / "bad.toml")]}}))


def test_a_sweep_of_which_every_design_is_refused_is_no_success(tmp_path):
    """Found out by the sweep itself, which keeps what it knows."""
    space = changed({"settings": {"read.transposed": False}})
    with pytest.raises(
        archsim.InputError, match="no design of this space can be built.*read.transposed"
    ):
        archsim.explore(space, out=tmp_path)
    assert len((tmp_path / "points.jsonl").read_text().splitlines()) == 3
