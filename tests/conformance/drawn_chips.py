"""Chips and networks drawn by chance, for tests that hold for all of them."""

import random

from archsim.schemes import load_scheme

NETWORKS = {
    "branches": """
schema = 1
input = [3, 9, 7]
layer = [
  {name = "c", operator = "conv2d", channels = 6, kernel = [3, 2], stride = [2, 1], padding = "same", bias = true},
  {name = "r", operator = "relu"},
  {name = "depthwise", operator = "conv2d", channels = 6, kernel = 3, groups = 6, padding = 1},
  {name = "sum", operator = "add", inputs = ["depthwise", "r"]},
  {name = "p", operator = "max_pool", kernel = 2},
  {name = "q", operator = "average_pool", kernel = 2, inputs = ["r"]},
  {name = "both", operator = "concat", inputs = ["p", "q"]},
  {name = "f", operator = "flatten"},
  {name = "fc", operator = "linear", features = 11, bias = true},
  {name = "s", operator = "softmax"},
]""",
    "recurrent": """
schema = 1
input = [5, 9]
layer = [
  {name = "l", operator = "lstm", hidden = 7, bias = true},
  {name = "o", operator = "linear", features = 4},
]""",
    "wide": """
schema = 1
input = [150]
layer = [
  {name = "a", operator = "linear", features = 70, bias = true},
  {name = "t", operator = "tanh"},
  {name = "b", operator = "linear", features = 9},
]""",
}


CHOICES = {
    "tile.rows": (3, 16, 32, 64, 128, 500),
    "tile.columns": (32, 33, 64, 128, 300),
    "tile.clock_gating": (True, False),
    "weights.mapping": ("differential", "reference_column", "bit_slices"),
    "weights.bits": (1, 4, 8, 13),
    "weights.cell_bits": (1, 2, 8),
    "weights.reference_columns": (1, 2),
    "weights.replicas": (1, 2),
    "weights.bias": ("digital", "row"),
    "read.input": ("bit_serial", "pulse_width"),
    "read.input_bits": (1, 4, 8, 12),
    "read.bits_per_slot": (1, 3, 12),
    "read.slot_cycles": (1, 3),
    "read.accumulate": ("analog", "digital"),
    "read.front_end": ("per_column", "shared"),
    "read.columns_per_adc": (1, 3, 8, 16),
    "read.adc_bits": (3, 8, 12),
    "read.conversion_cycles": (1, 4),
    "read.overlap": (True, False),
    "read.all_groups": (True, False),
    "read.output_bits": (1, 8, 20),
    "write.parallel": ("device", "row"),
    "write.pulses": (1.0, 2.7),
    "write.verify_cycles": (0, 2),
    "update.polarity_phases": (1, 2, 4),
    "update.train_length": (1, 31),
    "bitstream.sharing": ("line", "chip"),
    "bitstream.bits_per_cycle": (1, 64),
    "buffer.capacity_kib": (0.0625, 1.0, 64.0),
    "buffer.width_bits": (8, 64, 1024),
    "buffer.ports": (1, 2, 3),
    "buffer.window_reuse": (True, False),
    "buffer.tile_queue": (1, 2, 9),
    "interconnect.kind": ("bus", "h_tree"),
    "interconnect.width_bits": (1, 8, 4096),
    "interconnect.hop_cycles": (0, 7),
    "interconnect.arbitration": ("fifo", "drain_first"),
    "vector_unit.lanes": (1, 7, 64),
    "vector_unit.format": ("int8", "int16", "fp32"),
    "controller.issue_cycles": (0, 5),
    "controller.prefetch": (True, False),
    "controller.in_flight": (1, 2, 64),
    "controller.always_on": (True, False),
    "off_chip.bits_per_cycle": (1, 64),
    "off_chip.latency_cycles": (0, 50),
    "off_chip.preload_input": (True, False),
    "placement.pack": (True, False),
}


def draw(seed, networks):
    """Everything that a run needs, from one seed."""
    dice = random.Random(seed)
    settings = {field: dice.choice(values) for field, values in CHOICES.items()}
    settings["execution.mode"] = dice.choice(("layer_by_layer", "pipelined"))
    network = networks[dice.choice(sorted(networks))]
    if dice.random() < 0.3:
        settings |= {
            f"placement.copies.{layer.name}": dice.choice((1, 2, 5))
            for layer in network.array_layers
        }
    rule = dice.choice((None, "sgd", "rpu", "mixed_precision"))
    images = dice.choice((1, 3, 4))
    batch = dice.choice((1, 2))
    options = {
        "phase": "inference",
        "batch": batch,
        "images": images,
        "node_nm": dice.choice((None, 65, 28, 22)),
    }
    if rule:
        own = {
            "optimiser": dice.choice(("sgd", "momentum", "adam")),
            "backward_in": dice.choice(("array", "vector_unit")),
        }
        own = {} if rule == "rpu" else own
        options |= {"phase": "training", "scheme": load_scheme(rule, own)}
    return network, settings, options
