"""Does a trace that contradicts its matrices, its phase or itself ever reach the simulator? Each
fault is one message with its field.
"""

import json

import pytest

import archsim
from archsim.cli.main import main
from archsim.run.recorded_trace import load_trace
from hwlib.errors import InputError
from tests.members import every
from tests.robustness.hand_trace import HAND, changed, image
from tests.robustness.trace_contradictions import CONTRADICTIONS


def test_the_trace_by_hand_is_sound(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(HAND))
    assert archsim.simulate(path, "rpu", timing=False).energy_j > 0


@every("fault", list(CONTRADICTIONS))
def test_contradictions(fault, tmp_path):
    change, field, words = CONTRADICTIONS[fault]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(changed(change)))
    with pytest.raises(InputError) as error:
        load_trace(path)
    assert error.value.where == f"{path}: {field}", error.value.message
    assert words in error.value.message


def test_an_image_is_no_larger_than_the_maps_of_its_operations(tmp_path):
    """The forward operation says that its maps hold 5 x 100 + 5 x 10 elements; others say nothing."""
    path = tmp_path / "x.json"
    document = changed(image(0, map_elements=550))
    for elements in (550, 551):
        path.write_text(json.dumps(document | {"input_elements": elements}))
        if elements == 550:
            load_trace(path)
            continue
        with pytest.raises(InputError, match="input_elements: more than all feature maps") as error:
            load_trace(path)
        assert "up to 550" in error.value.message


@pytest.mark.parametrize(("coincidences", "code"), [(1e6, 2), (1.001, 2), (1.0, 0)])
def test_coincidences_against_the_trains_of_the_chip(coincidences, code, tmp_path, capsys):
    """cim40 has trains of 10 slots; with a pulse in a tenth of them on either side, one coincidence
    is the most.
    """
    activity = {"row_pulses": 0.1, "column_pulses": 0.1, "coincidences": coincidences}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(changed(image(2, activity=activity))))
    assert (
        main(["run", str(path), "--no-timing", "--json", "--set", "read.transposed=true"]) == code
    )
    assert not code or ("10 slots" if coincidences < 2 else "any chip") in capsys.readouterr().err


def test_coincidences_alone_are_held_against_the_slots(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(changed(image(2, activity={"coincidences": 12.0}))))
    with pytest.raises(InputError, match="up to 10: 10 slots"):
        archsim.simulate(path, "rpu", timing=False)
    assert (
        archsim.simulate(
            path, archsim.load_architecture("rpu", {"update.train_length": 12}), timing=False
        ).energy_j
        > 0
    )
