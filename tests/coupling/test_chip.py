"""Does every field of a chip move area, energy, time and accuracy as it declares, and nothing else?"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import pytest

import archsim
from archsim.chip.config import Architecture
from hwlib.node_levels import supply_voltage
from tests.coupling.chip_machines import MACHINES
from tests.coupling.fields import Field, fields_of, other_values
from tests.coupling.machines import Outcome, run
from tests.coupling.sightings import ANOMALY, ANOMALY_OF_A_NETWORK, Try, complaints, sightings
from tests.members import every

OF_ALL = ("node_nm", "clock_mhz", "tile_cluster", "supply_v", "temperature_c", "flavour")
FIELDS = {
    field.path: field
    for field in fields_of(Architecture)
    if "." in field.path or field.path in OF_ALL
}
MORE = 1
"""Machines beyond those on which all that a field declares was seen; a study takes all."""
PORTS = ("network.buffer_port", "network.off_chip_port")
CORES_OF_A_CHIP = 8
"""On machines of several: a part of the network grows where two things sit at one router."""
BY_LAYER = ("placement.copies", "weights.layer_replicas")


# What a chip of one kind of cores has otherwise than the chip says: converters, tiles, more cores.
KINDS = ({"read": {"adc_bits": 5}}, {"tile": {"rows": 8}}, {"count": 300})


def values_of(field: Field, now: Any) -> list[Any]:
    """Other values of a field of a chip."""
    if field.path in BY_LAYER:
        return [{"conv1": 2}]
    if field.path == "core.kinds":
        return [{name: {} for name in now}] if now else [{"only": own} for own in KINDS]
    if field.path in PORTS:
        return [0, 1, 2] if now == "middle" else [*other_values(field.info, now), "middle"]
    if field.path == "package.gateway":
        return [router for router in range(CORES_OF_A_CHIP) if router != now]
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
    begins with pipelines, which wait; before them come machines that set a field of the same block.
    """
    apart = path.startswith(OF_CORES)
    names = [name for name in MACHINES if not apart or MACHINES[name].chip == "cores40"]
    effects = FIELDS[path].effects
    if effects is not None and effects.limit:
        names.sort(key=lambda name: MACHINES[name].settings.get("execution.mode") != "pipelined")
    block = path.split(".")[0]
    names.sort(key=lambda name: all(key.split(".")[0] != block for key in MACHINES[name].settings))
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
@every("path", FIELDS)
def test_a_field_of_a_chip_moves_what_it_declares(path, more):
    field = FIELDS[path]
    assert field.effects is not None, f"{path} declares no effects (hwlib.effects)"
    tries = [partial(turned_on, name, field) for name in machines_for(path)]
    assert complaints(field.effects, sightings(path, tries, field.effects, more)) == []
