"""Chips with two kinds of cores, and what to compare of a run on them."""

import archsim

SMALL = {"tile.rows": 64, "tile.columns": 32, "core.tiles": 4}
FINE = {
    "tile.rows": 32,
    "tile.columns": 16,
    "read.adc_bits": 5,
    "read.columns_per_adc": 4,
    "weights.replicas": 2,
    "write.pulse_cycles": 7,
}
LAYERS = ("conv1", "conv2", "fc")


def chip_of(settings, kinds=None):
    """cores40 with small tiles; `kinds` says which layer lies on which."""
    where = {f"placement.kind.{layer}": kind for layer, kind in (kinds or {}).items()}
    return archsim.load_architecture("cores40", SMALL | settings | where)


def of_kind(name, settings):
    """Settings of a chip as those of a kind."""
    return {f"core.kinds.{name}.{path}": value for path, value in settings.items()}


def two_kinds(kinds=None, **settings):
    """Cores of kinds fine and coarse, the second as the chip is."""
    return chip_of(of_kind("fine", FINE) | {"core.kinds.coarse": {}} | settings, kinds)


def numbers(result):
    """What a result holds beside its settings, its words, the names of parts, and ranges, which are
    drawn in the order of these names.
    """
    document = result.to_dict()
    keys = ("area_mm2", "energy_j", "static_power_uw", "cycles", "by_phase", "by_layer", "stalls")
    return {key: document[key] for key in keys}


def simulated(chip, **options):
    return archsim.simulate("lenet1", chip, **{"images": 1, "seed": 3} | options)
