"""A tiny chip whose every number is small, and different from every other where it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archsim.chip import load_architecture

CHUNK = 1024
"""Words of training state that are read, worked on and written while their neighbours are."""


@dataclass(frozen=True)
class Chip:
    """Settings of the chip as plain numbers; `settings` says them in the program's words."""

    rows: int = 12
    columns: int = 8
    mapping: str = "differential"  # two columns a weight
    replicas: int = 1
    bias: str = "digital"
    input: str = "bit_serial"
    input_bits: int = 4
    bits_per_slot: int = 2
    slot: int = 3
    accumulate: str = "analog"
    front_end: str = "per_column"
    columns_per_adc: int = 4
    adc_bits: int = 6
    conversion: int = 5
    output_bits: int = 5
    overlap: bool = False
    all_groups: bool = True
    write_parallel: str = "row"
    write_pulse: int = 7
    verify: int = 2
    write_pulses: float = 4.0
    update_pulse: int = 3
    polarity: int = 2
    train: int = 10
    generators: int = 0  # bits a cycle of one block for the chip; 0: each line has its own
    capacity_kib: float = 1024.0
    port: int = 32  # bits a cycle of the port that reads, and of the one that writes
    reuse: bool = True
    tree: str = "h_tree"
    wire: int = 16  # bits a cycle down the tree, and up
    hop: int = 2
    lanes: int = 2
    word: int = 16
    divide: int = 9
    issue: int = 6
    prefetch: bool = True
    always_on: bool = True
    gating: bool = True
    off_chip: int = 8
    off_chip_latency: int = 10
    preload: bool = True

    def but(self, **changes) -> Chip:
        """The chip with some settings changed."""
        return replace(self, **changes)

    def settings(self) -> dict[str, object]:
        """The chip in the program's words."""
        return {
            "clock_mhz": 100.0,
            "tile.rows": self.rows,
            "tile.columns": self.columns,
            "tile.clock_gating": self.gating,
            "weights.mapping": self.mapping,
            "weights.replicas": self.replicas,
            "weights.bias": self.bias,
            "weights.bits": 6,
            "weights.cell_bits": 2,
            "read.input": self.input,
            "read.input_bits": self.input_bits,
            "read.bits_per_slot": self.bits_per_slot,
            "read.slot_cycles": self.slot,
            "read.accumulate": self.accumulate,
            "read.front_end": self.front_end,
            "read.columns_per_adc": self.columns_per_adc,
            "read.adc_bits": self.adc_bits,
            "read.conversion_cycles": self.conversion,
            "read.output_bits": self.output_bits,
            "read.overlap": self.overlap,
            "read.all_groups": self.all_groups,
            "write.parallel": self.write_parallel,
            "write.pulse_cycles": self.write_pulse,
            "write.verify_cycles": self.verify,
            "write.pulses": self.write_pulses,
            "update.pulse_cycles": self.update_pulse,
            "update.polarity_phases": self.polarity,
            "update.train_length": self.train,
            "bitstream.sharing": "chip" if self.generators else "line",
            "bitstream.bits_per_cycle": self.generators or 64,
            "buffer.capacity_kib": self.capacity_kib,
            "buffer.width_bits": self.port,
            "buffer.ports": 2,
            "buffer.window_reuse": self.reuse,
            "interconnect.kind": self.tree,
            "interconnect.width_bits": self.wire,
            "interconnect.hop_cycles": self.hop,
            "vector_unit.lanes": self.lanes,
            "vector_unit.format": f"int{self.word}",
            "vector_unit.divide_cycles": self.divide,
            "controller.issue_cycles": self.issue,
            "controller.prefetch": self.prefetch,
            "controller.always_on": self.always_on,
            "off_chip.bits_per_cycle": self.off_chip,
            "off_chip.latency_cycles": self.off_chip_latency,
            "off_chip.preload_input": self.preload,
        }

    def built(self, **further):
        """The chip of the program, with further settings as field__path=value."""
        return load_architecture(
            "cim40",
            self.settings() | {key.replace("__", "."): value for key, value in further.items()},
        )

    @property
    def cells(self) -> int:
        """Cells of a weight along a row: a pair, one beside a reference, or three slices of two
        bits; for each replica.
        """
        return {"differential": 2, "reference_column": 1, "bit_slices": 3}[
            self.mapping
        ] * self.replicas

    @property
    def references(self) -> int:
        """Reference columns of a tile."""
        return 1 if self.mapping == "reference_column" else 0

    @property
    def offset(self) -> int:
        """Signed slices are stored above zero, which is taken off every result."""
        return 1 if self.mapping == "bit_slices" else 0

    @property
    def across(self) -> int:
        """Weights side by side in a row of a tile."""
        return (self.columns - self.references) // self.cells

    @property
    def slots(self) -> int:
        """Slots in which an input is applied."""
        return 1 if self.input == "pulse_width" else up(self.input_bits, self.bits_per_slot)


def up(amount, each) -> int:
    """How many times `each` covers `amount`."""
    return -(-amount // each)
