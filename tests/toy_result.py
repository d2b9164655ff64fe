"""A priced run small enough for pencil and paper, of a part that is made here."""

from archsim.cost.estimate import price_run
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.run.document import FACTS
from archsim.run.result import Result
from hwlib.part import Parameter, Part
from hwlib.quantity import Figure, Quantity, derive


def made_figure(name, value, unit, low, high):
    return Figure(
        name, value, low, high, unit, "assumed", "murmann2025", "this test", 40.0, "", value, unit
    )


AREA = made_figure("toy.area", 100.0, "um2", 50.0, 200.0)
LEAKAGE = made_figure("toy.leakage", 2e-6, "W", 1e-6, 4e-6)
ENERGY = made_figure("toy.energy", 3e-12, "J", 2e-12, 9e-12)
UNUSED = made_figure("toy.unused", 1e-12, "J", 1e-12, 1e-12)


class Toy(Part):
    name = "toy"
    title = "a part of this test"
    group = "test"
    scaling = "none"
    parameters = (Parameter("bits", 8, 1, 16, "bit", integer=True, monotone=True),)
    actions = {"convert": "one conversion", "rest": "one rest"}

    def area(self) -> Quantity:
        return derive("area x bits", "um2", lambda area: area * self.bits, AREA)

    def leakage(self) -> Quantity:
        return derive("leakage", "W", lambda leakage: leakage, LEAKAGE)

    def energy(self, action: str) -> Quantity:
        if action == "rest":
            return derive("rest", "J", lambda energy: energy, UNUSED)
        return derive("energy x bits", "J", lambda energy: energy * self.bits, ENERGY)


INVENTORY = (
    Component("adc", "toy", {"bits": 4}, 10, "macro"),
    Component("buffer", "toy", {"bits": 2}, 3, "chip"),
    Component("off_chip_memory", "toy", {}, 1, "system"),
)


def small_ledger():
    ledger = Ledger()
    ledger.add("adc", "convert", "conv1", "forward", 1000)
    ledger.add("adc", "convert", "conv2", "forward", 500)
    ledger.add("adc", "convert", "conv1", "update", 20)
    ledger.add("buffer", "convert", "conv1", "forward", 70)
    ledger.add("buffer", "convert", "", "", 9)
    ledger.add("off_chip_memory", "convert", "conv1", "forward", 5)
    return ledger


def facts(cycles=2000, **changes):
    timed = cycles is not None
    document = {
        "network": "toy_net",
        "architecture": "toy_chip",
        "scheme": "sgd",
        "phase": "training",
        "batch": 2,
        "images": 4,
        "node_nm": 40.0,
        "clock_mhz": 100.0,
        "cycles": cycles,
        "interval_per_image_s": None,
        "tiles": 2,
        "tiles_without": {},
        "operations": 3,
        "tile_operations": 30,
        "utilisation": 0.75,
        "activity": "assumed",
        "seed": 0,
        "busy_fractions": {"adc": 0.5 if timed else None},
        "by_layer": [
            {
                "layer": name,
                "phase": phase,
                "cycles": 600 if timed else None,
                "stall_cycles": 10 if timed else None,
                "tile_operations": 10,
            }
            for name, phase in (("conv1", "forward"), ("conv2", "forward"), ("conv1", "update"))
        ],
        "by_phase": {"forward": 1200 if timed else None, "update": 600 if timed else None},
        "resources": [
            {
                "name": "tile 0",
                "kind": "tile",
                "busy_cycles": 1500,
                "stalled_cycles": 100,
                "idle_cycles": 400,
                "total_cycles": 2000,
                "stalls": {"input": 100},
                "requests": 30,
                "queue_mean": 0.5,
                "queue_max": 3,
            }
        ]
        if timed
        else [],
        "stalls": {"input": 100, "output": 0, "dependency": 0, "instruction": 0},
        "timeline": [
            {
                "lane": "conv1",
                "layer": "conv1",
                "phase": "forward",
                "image": 0,
                "start": 0,
                "end": 600,
            }
        ]
        if timed
        else [],
        "roofline": {},
        "placement": [],
        "memory": {
            "buffer_kib": 8.0,
            "needed_kib": 4.0,
            "state_kib": 2.0,
            "state_off_chip": 0.0,
            "maps_off_chip": 0.0,
        },
        "notes": [],
        "settings": {"tile": {"rows": 64}},
    }
    assert set(document) | {"kinds"} == set(FACTS)  # of chips with cores of several kinds
    return {**document, **changes}


def small_result(cycles=2000, **changes):
    return Result.from_run(facts(cycles, **changes), INVENTORY, small_ledger())


def price_small(ledger=None, cycles=2000, inventory=INVENTORY):
    return price_run(
        inventory, ledger or small_ledger(), node_nm=40, clock_mhz=100, cycles=cycles, images=4
    )
