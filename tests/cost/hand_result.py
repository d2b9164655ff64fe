"""A result by hand, timed or not, whose numbers are explained."""

from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.run.document import FACTS
from archsim.run.result import Result

SETTINGS = {
    "tile": {"rows": 64, "columns": 64},
    "execution": {"mode": "pipelined"},
    "clock_mhz": 100.0,
}


def make_result(cycles=2000, layer="conv1"):
    inventory = (
        Component("shift_add", "adder", {"bits": 16}, 8, "macro"),
        Component("input_register", "register", {"bits": 64}, 4, "macro"),
        Component("vector_unit", "adder", {"bits": 32}, 2, "chip"),
        Component("off_chip_memory", "register", {"bits": 32}, 1, "system"),
    )
    ledger = Ledger()
    for name, action, where, phase, count in (
        ("shift_add", "add", layer, "forward", 1000),
        ("shift_add", "add", "fc", "forward", 50),
        ("shift_add", "add", layer, "update", 7),
        ("input_register", "write", layer, "forward", 300),
        ("input_register", "read", layer, "forward", 200),
        ("vector_unit", "add", "", "", 11),
        ("off_chip_memory", "read", layer, "forward", 64),
    ):
        ledger.add(name, action, where, phase, count)
    timed = cycles is not None
    rows = ((layer, "forward"), ("fc", "forward"), (layer, "update"))
    facts = {
        "network": "net",
        "architecture": "chip",
        "scheme": None,
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
        "busy_fractions": {"shift_add": 0.25 if timed else None},
        "by_layer": [
            {
                "layer": a,
                "phase": p,
                "cycles": 600 if timed else None,
                "stall_cycles": 3 if timed else None,
                "tile_operations": 9,
            }
            for a, p in rows
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
        "stalls": {"input": 100},
        "roofline": {"peak_macs_per_s": 1e9, "points": []},
        "placement": [],
        "memory": {
            "buffer_kib": 8.0,
            "needed_kib": 4.0,
            "state_kib": 2.0,
            "state_off_chip": 0.0,
            "maps_off_chip": 0.0,
        },
        "notes": ["a note"],
        "timeline": [
            {"lane": layer, "layer": layer, "phase": "forward", "image": 0, "start": 5, "end": 605}
        ]
        if timed
        else [],
        "settings": SETTINGS,
    }
    assert set(facts) | {"kinds"} == set(FACTS)  # of chips with cores of several kinds
    return Result.from_run(facts, inventory, ledger)
