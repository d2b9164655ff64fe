"""Do the generators of bits move what is trained as they move what is priced?"""

import numpy as np
import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.training.machine import Machine
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from workloads.load import load_network

NETWORK = load_network("digits_cnn")
IMAGES = np.random.default_rng(1).random((6, 64), dtype=np.float32)
LABELS = np.arange(6)[:, None] % 10
CHANGES = [
    {"bitstream.source": "ideal"},
    {"bitstream.source": "sobol"},
    {"bitstream.resolution": 4},
    {"bitstream.sharing": "side"},
    {"bitstream.sharing": "tile"},
    {"bitstream.sharing": "chip"},
]


def machine_of(scheme, chip=None, changes=None):
    settings, _ = settings_of(
        archsim.load_architecture("rpu", chip or {}),
        scheme,
        epochs=1,
        batch=1,
        seed=1,
        device=None,
        changes=changes or {},
        network=NETWORK,
    )
    return Machine(NETWORK, settings)


def trained(scheme, chip=None):
    machine = machine_of(scheme, chip)
    machine.train(IMAGES, LABELS, np.arange(6), 0)
    return machine.arrays.weights.copy()


def priced(scheme, chip):
    result = archsim.simulate(
        NETWORK,
        archsim.load_architecture("rpu", chip),
        scheme=scheme,
        phase="training",
        timing=False,
    )
    return result.area_mm2, result.energy_j


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: "-".join(map(str, *change.items())))
def test_a_setting_of_the_chips_generators_moves_bits_area_and_energy(change):
    rpu = load_scheme("rpu")
    assert (trained(rpu, change) != trained(rpu)).any()
    area, energy = priced(rpu, change)
    first_area, first_energy = priced(rpu, {})
    assert area != first_area and energy != first_energy
    dearer = "sobol" in change.values()
    assert (area > first_area) == dearer


@pytest.mark.parametrize("name", ["essop", "dsc", "cbram_sc"])
def test_source_and_sharing_move_what_streams_train(name):
    base = {"stream_source": "lfsr"}
    errors = [
        trained(load_scheme(name, settings))
        for settings in (
            base,
            {"stream_source": "sobol"},
            {"stream_source": "ideal"},
            base | {"sharing": "element"},
            base | {"sharing": "single"},
            base | {"resolution": 4},
        )
    ]
    for number, weights in enumerate(errors):
        for other in errors[:number]:
            assert (weights != other).any()


def test_ideal_streams_have_no_generators_and_say_so():
    result = archsim.simulate(
        NETWORK, "rpu", scheme=load_scheme("essop", {"stream_source": "ideal"}), phase="training"
    )
    assert "number_generator" not in result.by_component
    assert any("no hardware" in note for note in result.notes)


def test_a_run_goes_on_where_its_generators_stood():
    rpu = load_scheme("rpu")
    whole, second, anew = (machine_of(rpu) for _ in range(3))
    whole.train(IMAGES, LABELS, np.arange(3), 0)
    for machine in (second, anew):
        for name in ("weights", "state", "clocks"):
            getattr(machine.arrays, name)[...] = getattr(whole.arrays, name)
    assert (whole.arrays.clocks > 0).all()
    anew.arrays.clocks[...] = 0  # generators that began anew would give other trains
    for machine in (whole, second, anew):
        machine.train(IMAGES, LABELS, np.arange(3, 6), 3)
    np.testing.assert_array_equal(whole.arrays.weights, second.arrays.weights)
    assert (whole.arrays.weights != anew.arrays.weights).any()


def test_the_training_takes_the_generators_from_the_chip_alone():
    with pytest.raises(InputError, match=r"bitstream\.source"):
        machine_of(load_scheme("rpu"), changes={"update.source": "ideal"})


def test_whole_settings_take_the_generators_of_the_chip():
    from archsim.training.settings import TrainingSettings

    scheme = load_scheme("rpu")
    chip = archsim.load_architecture("rpu", {"bitstream.resolution": 5})

    def settled(update):
        whole = TrainingSettings(rule="rpu", update=update)
        settings, _ = settings_of(
            chip, scheme, epochs=1, batch=1, seed=1, device=None, changes=whole, network=NETWORK
        )
        return settings.update

    taken = settled({"train_length": 9})
    assert (taken.source, taken.resolution, taken.train_length) == ("lfsr", 5, 9)
    # what they name themselves stays
    assert settled({"source": "ideal"}).source == "ideal"
