"""The machines on which fields of a chip are turned: every one lets some fields act that others leave
alone.
"""

from __future__ import annotations

from tests.coupling.machines import Machine

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
# A field is turned on one after the other until it has moved all that it declares.
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
        "placement.kind.fc": "fine",  # it takes fewer cells of the other, which alone would act then
    },
)
