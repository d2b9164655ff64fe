"""Does every field of a chip move area, energy, time and accuracy as it declares, and nothing else?"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import pytest

import archsim
from archsim.chip.config import Architecture
from hwlib.scaling import supply_voltage
from tests.coupling.fields import Field, fields_of, other_values
from tests.coupling.machines import Machine, Outcome, run
from tests.coupling.sightings import ANOMALY, ANOMALY_OF_A_NETWORK, Try, complaints, sightings

SLOW_BUS = {"interconnect.width_bits": 4, "execution.mode": "pipelined"}
FORGETS = {"device_settings": {"retention_s": 1e-3}, "maintenance_images": 4}
WRITTEN = {"device_settings": {"retention_s": 1e-2}, "maintenance_images": 4}
LOOKUP = {"part": "isaac_sigmoid", "per": "lookup_lane", "boundary": "chip"}
LOOKS_UP = {f"components.lookup_unit.{name}": value for name, value in LOOKUP.items()}
MULTIPLIES = {
    f"components.{role}": {"part": part, "per": per, "boundary": "chip", "parameters": parameters}
    for role, part, per, parameters in (
        ("matrix_unit", "multiply_accumulate", "mac", {"bits": "=derived.matrix_bits"}),
        ("matrix_operand", "register", "mac", {"bits": "=derived.matrix_bits"}),
        (
            "matrix_sum",
            "sram",
            "chip",
            {"capacity_kib": "=derived.matrix_sum_kib", "width_bits": "=derived.matrix_word_bits"},
        ),
    )
}
# Cores that hold half of what they make, and split what is added up.
CORES = {
    "execution.mode": "pipelined",
    "tile.rows": 16,
    "tile.columns": 8,
    "core.tiles": 4,
    "core.input_buffer_kib": 0.0625,
    "core.output_buffer_kib": 0.0625,
    "core.buffer_bits": 16,
    "core.lanes": 2,
    "core.port_bits": 16,
    "accumulator.adders": 1,
    "interconnect.width_bits": 16,
    "network.flit_bits": 16,
    "network.slots": 1,
    "network.outstanding": 1,
}
# Every machine lets some fields act that others leave alone; a field is turned on one after the
# other until it has moved all that it declares.
MACHINES = {
    "an inference on split tiles": Machine(
        "cim40", {"tile.rows": 48, "tile.columns": 32, "physics.read_noise": 0.02}
    ),
    "pulses on devices that forget": Machine("rpu", scheme="rpu", training=FORGETS),
    "writes on devices that forget": Machine("cim40", scheme="sgd", training=WRITTEN),
    "two columns a weight": Machine(
        "wu2023",
        {
            "physics.model": "dual_column",
            "physics.current_range_ua": 50.0,
            "physics.cell_noise_us": 0.1,
            "physics.adc_noise_levels": 0.3,
        },
        network="positive",
    ),
    "slices in a pipeline": Machine(
        "cim40",
        {
            "weights.mapping": "bit_slices",
            "execution.mode": "pipelined",
            "read.accumulate": "digital",
            "read.all_groups": False,
            "tile.columns": 32,
        },
        images=3,
    ),
    # what is in flight is held on chip, and more of it takes a larger buffer
    "a pipeline whose buffer grows": Machine(
        "cim40",
        {"execution.mode": "pipelined", "buffer.capacity_kib": 1.0, "buffer.fit": True},
        images=16,
        data=None,
    ),
    "reference columns": Machine(
        "cim40",
        {
            "weights.mapping": "reference_column",
            "tile.rows": 48,
            "tile.columns": 18,
            "read.all_groups": False,
            "read.columns_per_adc": 18,
            "read.overlap": False,
        },
    ),
    "a buffer too small": Machine(
        "cim40", {"buffer.capacity_kib": 1.0}, scheme="mixed_precision", training=WRITTEN
    ),
    "a chip too small": Machine(
        "cim40",
        {"tile.count": 1, "tile.rows": 64, "tile.columns": 32, "execution.reload": True},
        data=None,
    ),
    "generators for all tiles": Machine(
        "rpu_512", {"bitstream.sharing": "chip"}, scheme="rpu", training=FORGETS
    ),
    "tables": Machine(
        "cim40", {"lookup_unit.lanes": 4, **LOOKS_UP}, scheme="sgd", training=WRITTEN
    ),
    "parts of a cluster": Machine(
        "cim40",
        {"components.input_register.per": "cluster", "tile.rows": 32, "tile.columns": 32},
        data=None,
    ),
    "attention on matrix units": Machine(
        "cim40",
        {
            **MULTIPLIES,
            "matrix_unit.rows": 2,
            "matrix_unit.columns": 2,
            "matrix_unit.vectors": 1,
            "buffer.width_bits": 8,
        },
        network="attention",
        data=None,
    ),
    "attention on arrays": Machine(
        "cim40", {"execution.attention": "arrays"}, network="attention", data=None
    ),
    "channels that are too slow": Machine(
        "cim40",
        {
            "components.channel_register.part": "register",
            "components.channel_register.per": "channel",
            "components.channel_register.boundary": "chip",
            "components.channel_register.area_only": True,
            "execution.mode": "pipelined",
            "buffer.capacity_kib": 0.0625,
            "off_chip.bits_per_cycle": 1,
        },
        images=3,
        data=None,
    ),
    "cores on a mesh": Machine("cores40", CORES, network="lenet1", data=None),
    "cores on two chips": Machine(
        "cores40",
        {**CORES, "package.chips": 2, "package.link_bits": 4, "buffer.capacity_kib": 0.0625},
        network="lenet1",
        data=None,
    ),
    "a slow bus": Machine("cim40", SLOW_BUS, images=4, data=None),
    "a slow bus for both ways": Machine(
        "cim40", {**SLOW_BUS, "interconnect.kind": "bus"}, images=4, data=None
    ),
    "a bound that is reached": Machine(
        "cim40", {"physics.output_bound": 1.0, "physics.bound_management": True}
    ),
    "a training in a pipeline": Machine(
        "cim40", {**SLOW_BUS, "interconnect.kind": "bus"}, scheme="sgd", training=WRITTEN
    ),
    "a training with a slow buffer": Machine(
        "cim40",
        {"buffer.capacity_kib": 4.0, "buffer.width_bits": 8},
        scheme="sgd",
        training=WRITTEN,
    ),
    "a training on slow channels": Machine(
        "cim40",
        {
            "execution.mode": "pipelined",
            "buffer.capacity_kib": 0.0625,
            "off_chip.bits_per_cycle": 1,
        },
        scheme="sgd",
        training=WRITTEN,
    ),
    "a pipeline with a slow buffer": Machine(
        "cim40",
        {"execution.mode": "pipelined", "buffer.capacity_kib": 4.0, "buffer.width_bits": 8},
        scheme="sgd",
        training=WRITTEN,
    ),
}
MACHINES["cores of two kinds"] = Machine(
    "cores40",
    {
        **CORES,
        "core.kinds.coarse": {},
        "core.kinds.fine.read.adc_bits": 4,
        "core.kinds.fine.tile.rows": 8,
        "placement.kind.conv1": "coarse",
    },
    network="lenet1",
)
OF_ALL = ("node_nm", "clock_mhz", "tile_cluster", "supply_v", "temperature_c", "flavour")
FIELDS = {
    field.path: field
    for field in fields_of(Architecture)
    if "." in field.path or field.path in OF_ALL
}
MORE = 1
"""Machines beyond those on which all that a field declares was seen; a study takes all."""
BY_LAYER = ("placement.copies", "weights.layer_replicas")


# What a chip of one kind of cores has otherwise than the chip says: converters, tiles, more cores.
KINDS = ({"read": {"adc_bits": 5}}, {"tile": {"rows": 8}}, {"count": 300})


def values_of(field: Field, now: Any) -> list[Any]:
    """Other values of a field of a chip."""
    if field.path in BY_LAYER:
        return [{"conv1": 2}]
    if field.path == "core.kinds":
        return [{name: {} for name in now}] if now else [{"only": own} for own in KINDS]
    if field.path == "placement.kind":
        return [{"conv1": "fine"}] if now else []
    if field.path == "weights.device":
        return ["ecram", "gokmen2016"]
    if field.path in ("tile.count", "core.count"):
        return [40] if now == "auto" else [now + 1, "auto"]
    if field.path == "read.rows_active":
        return [16, 1] if now == "all" else [now * 2, "all"]
    if field.path == "supply_v":
        return [0.9, 1.12] if now == "nominal" else [now * 0.9, "nominal"]
    if field.path == "physics.conductance_us":
        return [[now[0] / 2, now[1] * 2]]
    return other_values(field.info, now)


def setting_of(chip: Architecture, path: str) -> Any:
    """The value of a field."""
    value: Any = chip
    for key in path.split("."):
        value = getattr(value, key)
    return value


@cache
def before(name: str) -> Outcome:
    """The outcome of a machine as it is."""
    return run(MACHINES[name], MACHINES[name].described())


OF_CORES = (
    "core.",
    "accumulator.",
    "network.",
    "package.",
    "placement.arrange",
    "placement.swap",
    "placement.kind",
)


def machines_for(path: str) -> list[str]:
    """The machines by name; for what only cores have, chips of cores alone. What holds something back
    begins with pipelines, which wait.
    """
    apart = path.startswith(OF_CORES)
    names = [name for name in MACHINES if not apart or MACHINES[name].chip == "cores40"]
    effects = FIELDS[path].effects
    if effects is not None and effects.limit:
        names.sort(key=lambda name: MACHINES[name].settings.get("execution.mode") != "pipelined")
    return names


def turned_on(name: str, field: Field) -> Try:
    """The field on a machine."""
    machine = MACHINES[name]
    chip = machine.described()
    now = setting_of(chip, field.path)

    def after(value: Any) -> Outcome:
        return run(machine, archsim.load_architecture(chip, {field.path: value}))

    # all rows are as many as a tile has, and the nominal supply is that of the node
    size = {
        ("read.rows_active", "all"): chip.tile.rows,
        ("supply_v", "nominal"): supply_voltage(chip.node_nm).value,
    }.get((field.path, str(now)), now)
    anomaly = 0.0
    if chip.execution.mode == "pipelined":
        anomaly = ANOMALY_OF_A_NETWORK if chip.core.tiles else ANOMALY
    values = values_of(field, now)
    return Try(name, before(name), values, size, after, bool(machine.training), anomaly)


@pytest.mark.parametrize("more", [MORE, pytest.param(None, marks=pytest.mark.study)])
@pytest.mark.parametrize("path", FIELDS)
def test_a_field_of_a_chip_moves_what_it_declares(path, more):
    field = FIELDS[path]
    assert field.effects is not None, f"{path} declares no effects (hwlib.effects)"
    tries = [partial(turned_on, name, field) for name in machines_for(path)]
    assert complaints(field.effects, sightings(path, tries, field.effects, more)) == []
