"""Operations and traces: what a chip has to do for one image and once a batch, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from archsim.operators.sizes import MatrixProduct
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.row_window import RowWindow
from hwlib.text import html_table

PHASES = ("forward", "backward", "update", "setup")
KINDS = ("read", "read_transposed", "pulse_update", "write", "stream", "digital")
OFF_TILES = ("stream", "digital")  # kinds that use no tile
# Parts of a tile's periphery, which one matrix may lend to another; the chain of a read, from the
# input's converter to the result.
READ_CHAIN = ("dac", "front_end", "adc", "shift_add", "input_register", "output_register")
# What makes pulse trains: a generator or a comparator a line, and the numbers that lines share.
TRAIN_GENERATORS = ("bitstream_generator", "number_generator")
PERIPHERY = (
    *READ_CHAIN,
    "column_mux",
    "word_line_driver",
    "bit_line_driver",
    "write_driver",
    "level_shifter",
    "tile_control",
    "tile_clock",
    *TRAIN_GENERATORS,
)


@dataclass(frozen=True, slots=True)
class Activity:
    """What happens inside an operation, as means. `source` is "assumed" (these defaults) or
    "measured".

    input_density: share of non-zero input values; bit_density: share of ones among the bits of a
    non-zero value; magnitude: mean absolute value of a non-zero input over full scale; saturations:
    saturated outputs a vector; retries: extra reads a vector (bound management), those of its
    slowest tile; retried_tiles: share of its tiles that such a read drives again; row_pulses,
    column_pulses: pulse probability a slot of a train; coincidences: coincident pulses a
    cross-point and rank-1 update; devices_written: share of the devices that a write operation
    programs; write_pulses: pulses a programmed device, verify_reads: reads that follow each of them
    (0: written blindly), train_length: mean slots of a pulse train (0: the architecture's).
    """

    source: str = "assumed"
    input_density: float = 0.5
    bit_density: float = 0.5
    magnitude: float = 0.5
    saturations: float = 0.0
    retries: float = 0.0
    retried_tiles: float = 1.0
    row_pulses: float = 0.25
    column_pulses: float = 0.02
    coincidences: float = 0.05
    train_length: float = 0.0
    devices_written: float = 1.0
    write_pulses: float = 0.0
    verify_reads: float = 1.0


@dataclass(frozen=True, slots=True)
class Operation:
    """One layer in one phase: `steps` equal steps that flow through the chip's pipeline.

    A step of a read is one vector on the layer's tiles; of a pulse update one rank-1 update; of a
    write one row of cells; of a digital operation one chunk. Per step: `input_elements` come from
    the buffer (`fresh_elements` of them are new where neighbouring windows overlap),
    `output_elements` go back, `vector_work` counts the vector unit's actions, `state_reads` /
    `state_writes` words of digital training state (gradients, moments, copies). `after` names
    operations of the same image that feed this one. `map_elements` is the size of the feature maps
    it reads and writes (what the buffer must hold). With
    `steps_per_row` and `window` a pipelined chip starts a step as soon as its input rows are there;
    `pools` turn rows of steps into rows of finished output. `parts`: so many steps work on one
    vector. `sequential`: a vector needs the result of the last.
    `unit_work` counts what units of the update rule's own do in a step: "role.action" -> {"step":
    n} plus, by names of activity fields, what such a field multiplies; `unit_cycles` plus `unit_ns`
    is how long that takes. A stream operation is such work off the tiles, with an activity. `array`
    names the matrix it works on where that is not the layer's own (a scheme's further arrays);
    `against` one of the same shape whose currents are subtracted before conversion (a reference
    array that is read by the same inputs). `lines` > 0: only so many lines on the driven side of a
    read, or rows of a pulse update, take part. `random` False: the pulses are not drawn, so that no
    generator works; `polarity_phases` 0: those of the chip. `every`: an image operation that is
    done for the first of so many images only. `mask_bits` are bits of a step that the way forward
    leaves and the way back reads; `summed_elements` of its outputs are added to what is there.
    `products` are those of two activations among its work, for an image. Of the values of a step
    `kept` are read again by later tokens, which hold `cached` in all, and `recalled` come in beside
    its inputs from what earlier ones left.
    """

    name: str
    layer: str
    phase: str
    kind: str
    steps: int
    after: tuple[str, ...] = ()
    input_elements: float = 0.0
    fresh_elements: float = 0.0
    output_elements: float = 0.0
    map_elements: float = 0.0
    vector_work: dict[str, float] = field(default_factory=dict)
    unit_work: dict[str, dict[str, float]] = field(default_factory=dict)
    unit_cycles: float = 0.0
    unit_ns: float = 0.0
    state_reads: float = 0.0
    state_writes: float = 0.0
    steps_per_row: int = 0
    rows_out: int = 0
    window: RowWindow | None = None
    pools: tuple[tuple[RowWindow, int], ...] = ()
    sequential: bool = False
    parts: int = 1
    array: str | None = None
    against: str | None = None
    lines: int = 0
    random: bool = True
    polarity_phases: int = 0
    every: int = 1
    products: tuple[MatrixProduct, ...] = ()
    kept: float = 0.0
    cached: float = 0.0
    recalled: float = 0.0
    mask_bits: float = 0.0
    summed_elements: float = 0.0
    # Frozen, so that one default may serve all operations.
    activity: Activity = Activity()

    @property
    def matrix_name(self) -> str:
        """The matrix whose tiles this operation uses."""
        return self.array or self.layer

    def rows_done(self, steps_done: int) -> int:
        """Finished output rows after `steps_done` steps (all of them once the operation is
        complete).
        """
        # A last window may reach into padding, which no step makes: at the end all rows are there.
        if steps_done >= self.steps:
            return self.rows_out
        if not self.steps_per_row:
            return 0
        rows = steps_done // self.steps_per_row
        for window, limit in self.pools:
            rows = window.produced(rows, limit)
        return rows


@dataclass(frozen=True, slots=True)
class Trace:
    """Operations for one image (`image_operations`), once a batch (`batch_operations`) and once
    before a training (`setup_operations`, which no image waits for), and the matrices.

    `state_words` is digital training memory (vector-unit words), `activation_elements` what an
    image keeps alive. `scheme_settings` are those of the update rule; `chip` (a record of
    `archsim.trace.chip_record`) and `device` those that it was measured on or written for.
    """

    network: str
    scheme: str | None
    phase: str
    batch: int
    matrices: tuple[LayerMatrix, ...]
    image_operations: tuple[Operation, ...]
    batch_operations: tuple[Operation, ...] = ()
    setup_operations: tuple[Operation, ...] = ()
    input_elements: int = 0
    activation_elements: int = 0
    state_words: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    scheme_settings: dict[str, Any] = field(default_factory=dict)
    chip: dict[str, Any] | None = None
    device: str | None = None
    version: int = 1

    def __repr__(self) -> str:
        rule = f" by {self.scheme}" if self.scheme else ""
        once = f", {len(self.batch_operations)} a batch" if self.batch_operations else ""
        return (
            f"Trace({self.network}, {self.phase}{rule}: {len(self.image_operations)} operations an "
            f"image{once}, activity {self.activity})"
        )

    def _repr_html_(self) -> str:
        """The operations in their order as a notebook shows them."""
        rows = [
            (when, op.layer, op.phase, op.kind, f"{op.steps:,}")
            for when, operations in (
                ("once", self.setup_operations),
                ("an image", self.image_operations),
                ("a batch", self.batch_operations),
            )
            for op in operations
        ]
        heads = ("", "layer", "phase", "operation", "steps")
        return f"<p><b>{escape(repr(self))}</b></p>{html_table(heads, rows)}"

    @property
    def activity(self) -> str:
        """ "measured" when that of every operation on the arrays was measured, else "assumed";
        digital operations have none, so that nothing is assumed where no weights are on arrays.
        """
        operations = [
            op for op in self.image_operations + self.batch_operations if op.kind != "digital"
        ]
        return (
            "measured"
            if (operations or not self.matrices)
            and all(op.activity.source == "measured" for op in operations)
            else "assumed"
        )

    def vector_operations(self, images: int) -> int:
        """Vectors applied to a layer's matrix, in every phase that uses the arrays.

        Args:
            images: images that go through.

        Returns:
            a count; what is done once a batch counts once for each batch begun.
        """
        # A batch that is begun is updated, too.
        batches = -(-images // self.batch)
        an_image, a_batch = (
            sum(op.steps for op in operations if op.kind not in ("write", *OFF_TILES))
            for operations in (self.image_operations, self.batch_operations)
        )
        return an_image * images + batches * a_batch
