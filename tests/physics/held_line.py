"""One layer of exact reads, and weights of it, to be held by devices."""

import numpy as np

from workloads.network import Layer, Network

LINE = Network(
    "one layer",
    (Layer("input", "input", (), (), (20,)), Layer("w", "linear", ("input",), ((20,),), (8,))),
)
FINE = {
    "vector_unit.format": "fp32",
    "read.output_bits": 16,
    "read.adc_bits": 12,
    "read.input_bits": 12,
    "physics.read_noise": 0.0,
    "physics.output_bound": 5.0,
    "physics.bound_management": False,
}
# devices that hold any weight of the layer exactly
PLAIN = {"upper_spread": 0.0, "lower_spread": 0.0, "upper_bound": 1.0, "lower_bound": -1.0}
WEIGHTS = np.random.default_rng(5).uniform(-0.7, 0.7, (8, 20))
# outputs up to 1.05, so that words of a scale of 2 hold them with room above
LEVEL = 1.05 / float(np.abs(WEIGHTS.sum(axis=1)).max())
RANGE = float(np.abs(WEIGHTS).max())  # the range of 1 of a device stands for the largest weight
