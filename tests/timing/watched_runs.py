"""Runs that observers watch, small and of every kind of traffic, and what their files are held against."""

import archsim
from archsim.chip import load_architecture

RUNS = {
    "layer by layer": ("lenet1", "wu2023", {}, {}),
    "pipelined with copies": (
        "lenet1",
        "wu2023",
        {"execution.mode": "pipelined", "placement.copies.conv1": 8},
        {"images": 3},
    ),
    "training": (
        "rpu_cnn",
        "rpu_512",
        {"execution.mode": "pipelined"},
        {"scheme": "rpu", "phase": "training", "batch": 2},
    ),
    "with writes": (
        "lenet1",
        "cim40",
        {"interconnect.arbitration": "drain_first"},
        {"scheme": "sgd", "phase": "training", "batch": 2},
    ),
}


def simulate(run, **options):
    network, chip, settings, fields = RUNS[run]
    return archsim.simulate(network, load_architecture(chip, settings), **fields, **options)
