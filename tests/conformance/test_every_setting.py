"""Does every setting act? Off its default, one at a time, each moves what comes out, is refused, or
is named among the unused ones.
"""

import typing

import numpy as np
import pytest

import archsim
from archsim.basics.fields import changed_fields
from archsim.chip.config import Architecture
from archsim.chip.unused import CONDITIONS
from archsim.schemes import list_schemes, load_scheme
from archsim.trace import build_trace
from archsim.training.setup import read_by_training, settings_of
from hwlib.errors import InputError
from workloads import load_network
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

# Numbers that hold one thing back: in a run where it never comes to that, another number changes
# nothing although it is read.
LIMITS = {
    "buffer.capacity_kib",
    "buffer.tile_queue",
    "controller.in_flight",
    "interconnect.arbitration",
    "off_chip.latency_cycles",
    "physics.bound_management",
    "vector_unit.lanes",
}

POSITIVE = Network(
    "positive",
    (
        Layer("input", "input", (), (), (6,)),
        Layer("conv1", "linear", ("input",), ((6,),), (5,), bias=True),
        Layer("relu", "relu", ("conv1",), ((5,),), (5,)),
        Layer("fc", "linear", ("relu",), ((5,),), (4,), bias=True),
    ),
)
RUNS = {
    "real data on two columns": (
        "wu2023",
        {
            "physics.model": "dual_column",
            "physics.current_range_ua": 50.0,
            "physics.cell_noise_us": 0.1,
        },
        {"data": np.random.default_rng(1).random((1, 6)), "seed": 1},
    ),
    "counted inference": ("cim40", {}, {"timing": False}),
    "counted training in the array": (
        "rpu_512",
        {},
        {"timing": False, "phase": "training", "scheme": "rpu", "batch": 2},
    ),
    "timed inference": ("cim40", {}, {"images": 2}),
}
STUDIED = {
    "real data": ("cim40", {}, {"data": "random", "seed": 1}),
    "timed training in the array, generators shared": (
        "rpu_512",
        {"bitstream.sharing": "chip"},
        {"phase": "training", "scheme": "rpu", "batch": 2},
    ),
    "timed training with writes": ("cim40", {}, {"phase": "training", "scheme": "sgd", "batch": 2}),
    "timed training by Tiki-Taka": (
        "cim40",
        {},
        {"phase": "training", "scheme": "tiki_taka", "batch": 2},
    ),
    "timed training of few writes": (
        "wu2023",
        {"read.transposed": True},
        {"phase": "training", "scheme": "mixed_precision", "batch": 2},
    ),
    "pipelined slices": (
        "cim40",
        {
            "weights.mapping": "bit_slices",
            "execution.mode": "pipelined",
            "read.accumulate": "digital",
        },
        {"images": 3},
    ),
    "loaded in passes": (
        "cim40",
        {"tile.count": 1, "tile.rows": 64, "tile.columns": 32, "execution.reload": True},
        {"images": 2},
    ),
    "a published chip": ("isaac32", {}, {}),
}


def paths(model=Architecture, prefix=""):
    """Field paths of a chip with what declares them."""
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from paths(field.annotation, f"{prefix}{name}.")
        elif prefix or name in ("node_nm", "clock_mhz", "tile_cluster"):
            yield f"{prefix}{name}", field


FIELDS = dict(paths())


def others(path, chip):
    """Values of a field that the chip does not have, near and far."""
    value, field = chip, FIELDS[path]
    for key in path.split("."):
        value = getattr(value, key)
    if path in ("placement.copies", "weights.layer_replicas"):
        return [{"conv1": 2}]
    if path == "physics.conductance_us":
        return [[value[0] / 2, value[1] * 2]]
    words = (
        typing.get_args(field.annotation)
        if typing.get_origin(field.annotation) is typing.Literal
        else ()
    )
    if words:
        return [word for word in words if word != value]
    if isinstance(value, bool):
        return [not value]
    if path == "weights.device":
        return ["ecram", "gokmen2016"]
    if isinstance(value, str):  # tile.count = "auto"
        return [40]
    return (
        [value + 1, value * 2, value * 8]
        if isinstance(value, int)
        else [value * 1.5 + 0.05, value / 3]
    )


def outcome(network, chip, kind):
    """All numbers that a run gives, and what it names as unused."""
    result = archsim.simulate(network, chip, **kind)
    document = {
        key: value
        for key, value in result.to_dict().items()
        if key not in ("settings", "notes", "unused", "inventory", "figures")
    }
    document["resources"] = [row for row in document["resources"] if row["requests"]]
    outputs = vars(result).get("outputs")
    return document, None if outputs is None else outputs.tobytes(), result.document["unused"]


def silent(name, settings, kind):
    """Fields that change nothing, that are not refused and not named; and those that are named and
    change something.
    """
    chip = archsim.load_architecture(name, settings)
    network = POSITIVE if chip.physics.model == "dual_column" else "digits_cnn"
    before = outcome(network, chip, kind)[:2]
    quiet, wrongly = [], []
    for path in FIELDS:
        spoken = path in LIMITS or None
        for value in others(path, chip):
            try:
                changed = archsim.load_architecture(chip, {path: value})
                *after, unused = outcome(network, changed, kind)
            except InputError:
                continue
            moved = list(before) != after
            if path in unused and moved:
                wrongly.append((path, value))
            spoken = (
                bool(spoken) or moved or path in unused or path not in set(changed_fields(changed))
            )
        if spoken is False:  # None: every value was refused
            quiet.append(path)
    return quiet, wrongly


@pytest.mark.parametrize(
    "name", [*RUNS, *(pytest.param(name, marks=pytest.mark.study) for name in STUDIED)]
)
def test_no_setting_of_a_chip_is_passed_over_in_silence(name):
    assert silent(*(RUNS | STUDIED)[name]) == ([], [])


def test_every_condition_is_one_of_a_field():
    assert set(CONDITIONS) <= set(FIELDS) and set(FIELDS) >= LIMITS


@pytest.mark.parametrize("name", list_schemes())
def test_no_setting_of_a_scheme_is_passed_over_in_silence(name):
    """In a run, which asks for the operations of a step alone."""
    chip = archsim.load_architecture("rpu_512")
    kind = {"timing": False, "phase": "training", "batch": 2}

    def numbers(scheme):
        document, outputs, unused = outcome("digits_cnn", chip, kind | {"scheme": scheme})
        return [
            document,
            outputs,
            build_trace(load_network("digits_cnn"), scheme, "training", 2).state_words,
        ], unused

    plain = numbers(load_scheme(name))[0]
    for field, value in load_scheme(name):
        if isinstance(value, str):
            tried = [
                word
                for word in typing.get_args(type(load_scheme(name)).model_fields[field].annotation)
                if word != value
            ]
        else:
            tried = (
                [not value]
                if isinstance(value, bool)
                else [value + 1, max(0, value - 1)]
                if isinstance(value, int)
                else [0.5 if value is None else value / 2]  # none: what the chip has
            )
        for other in (other for other in tried if other != value):
            try:
                changed, unused = numbers(load_scheme(name, {field: other}))
            except InputError:
                continue
            assert (changed != plain) != (f"scheme.{field}" in unused), (field, other)


TRAINED = [path for path in FIELDS if path.startswith(("physics.", "update."))]


@pytest.mark.parametrize("name", ["cim40", "wu2023", "rpu"])
@pytest.mark.parametrize("scheme", ["rpu", "sgd", "hic"])
def test_no_physics_of_a_chip_is_passed_over_by_a_training(name, scheme):
    """What a training takes from the chip moves its settings; what it leaves is not among the
    fields that it says it reads.
    """
    rule = load_scheme(scheme)
    chip = archsim.load_architecture(name)

    def settings(chip):
        return settings_of(chip, rule, epochs=1, batch=1, seed=0, device=None, changes=None)[0]

    for path in TRAINED:
        for value in others(path, chip):
            try:
                changed = archsim.load_architecture(chip, {path: value})
                moved = settings(changed) != settings(chip)
            except InputError:
                continue
            said = path in read_by_training(changed, rule, settings(changed)) | read_by_training(
                chip, rule, settings(chip)
            )
            assert said or not moved, (path, value)
            if path not in set(changed_fields(changed)):
                continue
            # management that is on already stays on, and one measured shift of a bound needs a
            # bound
            assert (
                moved
                or not said
                or path in ("physics.model", "physics.noise_management", "physics.bound_management")
            ), (path, value)


def test_a_training_names_what_it_does_not_use():
    data = load_dataset("digits").first(train=16)
    chip = archsim.load_architecture(
        "wu2023", {"read.transposed": True, "physics.read_noise": 0.5, "physics.cell_noise_us": 2.0}
    )
    document = archsim.train(
        "digits_cnn", chip, data, "hic", epochs=1, settings={"update.train_length": 7}
    ).to_dict()
    assert {"physics.cell_noise_us", "training.update.train_length"} <= set(document["unused"])
    assert "physics.read_noise" not in document["unused"]
    assert any("physics.cell_noise_us" in note and "not used" in note for note in document["notes"])
    assert not any("states no read noise" in note for note in document["notes"])
