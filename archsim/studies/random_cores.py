"""Random chips of cores with narrow parts, and random layers on them, for laws that must hold wherever
a user may stand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from archsim.chip import load_architecture
from archsim.chip.place import place
from archsim.schemes import load_scheme
from archsim.soc.engine import PlacedTrace
from archsim.trace import LayerMatrix, Operation, Trace, build_trace
from archsim.trace.row_window import RowWindow
from workloads import load_network

# Narrow, so that everything is waited for.
SETTINGS: dict[str, list[Any]] = {
    "execution.mode": ["pipelined", "layer_by_layer"],
    "tile.rows": [8, 16],
    "tile.columns": [8, 16],
    "read.columns_per_adc": [1, 4, 8],
    "core.tiles": [1, 2, 3, 4, 5, 6],
    "core.input_buffer_kib": [0.0625, 1.0],
    "core.output_buffer_kib": [0.0625, 0.125, 4.0],
    "core.buffer_bits": [8, 64],
    "core.lanes": [1, 16],
    "accumulator.kind": ["tree", "chain"],
    "accumulator.adders": [1, 8],
    "interconnect.kind": ["bus", "h_tree"],
    "interconnect.width_bits": [8, 64],
    "network.topology": ["mesh", "mesh", "ring", "h_tree", "bus"],
    "network.packet_flits": [2, 5, 17],
    "network.slots": [1, 2],
    "network.hop_cycles": [1, 3],
    "network.outstanding": [1, 3],
    "buffer.capacity_kib": [0.0625, 256.0],
    "off_chip.preload_input": [True, True, False],
    "controller.in_flight": [1, 3, 64],
}
# A port is as wide as a link, or wider.
WIDTHS = ((8, 8), (8, 40), (32, 32), (32, 64))
SCHEMES = ("sgd", "rpu", "tiki_taka", "mixed_precision", "sbpca", "lrt", "dsc", "essop")
TRAINED = 0.3
"""The share of chips that train."""
OF_KINDS = 0.4
"""The share of single chips whose cores are of two kinds."""
RETRIES = (0.0, 0.0, 0.3, 1.7)


@dataclass(frozen=True)
class CoreCase:
    """A random chip of cores with random layers, so many images, and the extra reads of a vector."""

    number: int
    settings: Mapping[str, Any]
    trace: Trace
    images: int

    def work(self) -> PlacedTrace:
        """What a machine is given."""
        known = {matrix.layer for matrix in self.trace.matrices}
        settings = dict(self.settings)
        for name in self.settings:
            # a smaller case may lack the layer, or the kinds of cores
            copies, kind = (name.removeprefix(f"placement.{word}.") for word in ("copies", "kind"))
            without_layer = min((copies, kind), key=len) not in known
            without_kinds = kind != name and "core.kinds" not in settings
            if name.startswith(("placement.copies.", "placement.kind.")) and (
                without_layer or without_kinds
            ):
                del settings[name]
        chip = load_architecture("cores40", settings)
        return PlacedTrace(self.trace, chip, place(self.trace.matrices, chip), self.images)

    def smaller(self) -> Iterator[CoreCase]:
        """Cases with an image, a setting or the last operation less."""
        if self.images > 1:
            yield replace(self, images=1)
        for name in self.settings:
            yield replace(
                self, settings={key: value for key, value in self.settings.items() if key != name}
            )
        *operations, last = self.trace.image_operations
        # The operations of a training step need each other, those of random layers the ones before.
        if operations and self.trace.phase == "inference":
            matrices = tuple(one for one in self.trace.matrices if one.layer != last.layer)
            yield replace(
                self,
                trace=replace(self.trace, matrices=matrices, image_operations=tuple(operations)),
            )

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        layers = len(self.trace.image_operations)
        return f"chip of cores {self.number}: {layers} layers, {self.images} images with {settings}"


def core_case(seed: int, number: int) -> CoreCase:
    """Chip `number` of the series `seed`, whatever was drawn before."""
    draw = random.Random(f"{seed}/{number}/cores")
    settings = {name: draw.choice(values) for name, values in SETTINGS.items()}
    settings["network.flit_bits"], settings["core.port_bits"] = draw.choice(WIDTHS)
    settings["package.chips"] = (
        # A bus ends with its chip.
        1 if settings["network.topology"] == "bus" else draw.choice([1, 1, 2, 3])
    )
    trace = random_layers(draw)
    if draw.random() < TRAINED:
        trace = random_step(draw)
        settings["read.transposed"] = True
        settings["write.parallel"] = draw.choice(["row", "device"])
    if trace.matrices:
        settings[f"placement.copies.{trace.matrices[0].layer}"] = draw.randint(1, 3)
    if settings["package.chips"] == 1 and draw.random() < OF_KINDS:
        settings["core.kinds"] = _kinds(draw)
        for matrix in trace.matrices[:2]:
            # further arrays lie where their layer does
            if matrix.lender is None and "." not in matrix.layer:
                settings[f"placement.kind.{matrix.layer}"] = draw.choice(["one", "two"])
    # a training step is long
    images = trace.batch if trace.phase == "training" else draw.randint(1, 3)
    return CoreCase(number, settings, trace, images)


def _kinds(draw: random.Random) -> dict[str, Any]:
    """Two kinds of cores, of which the second has tiles and reads of its own."""
    read = {
        "columns_per_adc": draw.choice([1, 4]),
        "conversion_cycles": draw.choice([1, 3]),
        "slot_cycles": draw.choice([1, 2]),
    }
    tile = {"rows": draw.choice([8, 16, 24]), "columns": draw.choice([8, 16])}
    return {"one": {}, "two": {"tile": tile, "read": read}}


def random_layers(draw: random.Random) -> Trace:
    """Layers one behind the other, some with a window, some joined to an earlier one."""
    operations: list[Operation] = []
    matrices: list[LayerMatrix] = []
    retries = draw.choice(RETRIES)
    for number in range(draw.randint(2, 5)):
        operation = _layer(draw, number)
        if operation.kind == "read":
            groups = draw.choice([1, 1, 3])
            outputs = round(operation.output_elements)
            matrices.append(LayerMatrix(operation.layer, draw.choice([8, 20, 40]), outputs, groups))
            activity = replace(operation.activity, retries=retries)
            operation = replace(operation, activity=activity)
        operations.append(operation)
    return Trace(
        "random", None, "inference", 1, tuple(matrices), tuple(operations), input_elements=32
    )


def random_step(draw: random.Random) -> Trace:
    """A training step of a small network by one of the update rules."""
    scheme = load_scheme(draw.choice(SCHEMES))
    return build_trace(load_network("digits_cnn"), scheme, "training", draw.choice([1, 2]), True)


def _layer(draw: random.Random, number: int) -> Operation:
    name = f"layer{number}"
    before = sorted({number - 1, draw.randrange(max(1, number))})
    side = draw.choice([1, 2, 4])
    outputs = draw.choice([4, 12, 20])
    windowed = side > 1 and draw.random() < 0.7
    inputs = draw.choice([8, 20, 40])
    digital = number > 0 and draw.random() < 0.3
    return Operation(
        f"{name}.forward",
        name,
        "forward",
        "digital" if digital else "read",
        side * side,
        after=tuple(f"layer{other}.forward" for other in before if 0 <= other < number),
        input_elements=inputs,
        fresh_elements=inputs / 2 if windowed else 0.0,
        output_elements=outputs,
        map_elements=side * side * outputs + draw.choice([16, 200, 700]),
        vector_work={"add": outputs, "divide": 1.0},
        steps_per_row=side,
        rows_out=side,
        window=RowWindow(min(3, side), 1, 1) if windowed else None,
    )
