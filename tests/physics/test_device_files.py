"""Is a device file taken for what it says, and a broken one refused in one message?"""

import numpy as np
import pytest

from archsim.cli.show_device import describe_device
from archsim.devices.presets import CONFIDENCES, load_device, read_presets
from hwlib.errors import InputError


def small():
    return load_device("gokmen2016").build(2, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: load_device("gokmen"),
        lambda: load_device("gokmen2016", {"pulsestep": 1}),
        lambda: load_device("missing.toml"),
        lambda: load_device("gokmen2016", {"pulse_step": -1}),
        lambda: load_device("gokmen2016", {"step_spread_law": "uniform"}),
        lambda: load_device("gokmen2016").build(0, 3),
        lambda: small().update(np.ones(3), np.ones(2), small().trains(rate=0.1)),
        lambda: small().trains(rate=0.1, longest=65),
        lambda: small().program(np.ones((2, 2)), np.ones((2, 2), bool)),
    ],
)
def test_wrong_input_is_refused(call):
    with pytest.raises(InputError):
        call()


HEAD = "[a]\ntitle='t'\nplace='p'\nconfidence='code'\n"


@pytest.mark.parametrize(
    "text",
    [
        "[a]\nlaw = 'soft_bounds'",
        "[a]\nlaw = 3",
        "a = 1",
        "[a",
        HEAD + "law='soft'\nsource='aihwkit'\n[a.parameters]",
        HEAD + "law='soft_bounds'\nsource=''\n[a.parameters]",
        HEAD + "law='soft_bounds'\nsource='aihwkit'\n[a.parameters]\nstep=1",
    ],
)
def test_broken_device_files_are_refused(text, tmp_path):
    path = tmp_path / "device.toml"
    path.write_text(text)
    with pytest.raises(InputError):
        load_device(str(path))


def test_a_user_file_is_a_device(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + "law='soft_bounds'\nsource='aihwkit'\n[a.parameters]\npulse_step=0.02\n")
    assert load_device(str(path), {"pulse_noise": 0.1}).values["pulse_step"] == 0.02


OWN = """[my_taox]
law = "soft_bounds"
title = "our TaOx"
source = "our lab, 2026, unpublished"
place = "notebook 12"
confidence = "{confidence}"
note = "wafer 3"
parameters = {{ pulse_step = 0.01, upper_bound = 1.0, lower_bound = -1.0 }}
"""


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_a_device_of_ones_own_states_its_source_in_its_own_words(confidence, tmp_path):
    path = tmp_path / "taox.toml"
    path.write_text(OWN.format(confidence=confidence))
    shown = describe_device(str(path), None, {})
    stated = {
        "title": "our TaOx",
        "source": "our lab, 2026, unpublished",
        "place": "notebook 12",
        "confidence": confidence,
        "note": "wafer 3",
    }
    assert {key: shown[key] for key in stated} == stated  # not those of the law
    assert shown["law"] == "soft_bounds" and load_device(str(path)).values["pulse_step"] == 0.01


def test_an_own_device_has_some_source_and_a_known_confidence(tmp_path):
    path = tmp_path / "taox.toml"
    path.write_text(OWN.format(confidence="measurd"))
    with pytest.raises(InputError, match="did you mean 'measured'"):
        load_device(str(path))
    path.write_text(OWN.format(confidence="measured").replace("our lab, 2026, unpublished", "  "))
    with pytest.raises(InputError, match="where its parameters come from"):
        load_device(str(path))


def test_a_device_of_the_library_names_a_source_of_the_bibliography(tmp_path):
    path = tmp_path / "taox.toml"
    path.write_text(OWN.format(confidence="measured"))
    with pytest.raises(InputError, match="unknown source"):
        read_presets(path, own=False)
