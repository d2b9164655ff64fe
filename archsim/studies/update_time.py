"""The update of one layer, timed by the events of a chip, and the published accounting beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archsim.chip import load_architecture
from archsim.run.simulation import simulate
from archsim.soc.observers import Observer
from workloads.network import Layer, Network

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme
    from archsim.soc.machine import EventMachine
    from archsim.soc.operation_run import OperationRun


N = 512
TRAIN = 5
PULSE_NS = 5
READ_NS = 40
READS_EVERY = 2
OPERATIONS_A_NS = 175
BATCH = 100
LAYER = Network(
    "square",
    (Layer("input", "input", (), (), (N,)), Layer("fc", "linear", ("input",), ((N,),), (N,))),
)
# One polarity phase, trains of 5 slots, 0.175 TFLOPS; cycles of 1 ns so that 5.85 ns of arithmetic
# is not rounded up to 10.
STATED = {
    "clock_mhz": 1000.0,
    "read.slot_cycles": READ_NS,
    "read.conversion_cycles": 5,
    "update.pulse_cycles": PULSE_NS,
    "update.polarity_phases": 1,
    "update.train_length": TRAIN,
    "vector_unit.lanes": OPERATIONS_A_NS,
    "buffer.capacity_kib": 16384.0,
}
# (operations each sample, operations each read, whether lines are read) in units of N, Table 1.
_COUNTED = {
    "rpu": (2, 0, False),
    "tiki_taka v2": (2, 2, True),
    "tiki_taka chopped": (2, 2, True),
    "tiki_taka agad": (2, 6, True),
}


def accounting(label: str, batch: int = BATCH) -> float | None:
    """The published sum in ns a sample, N = 512; None for a scheme that the table does not have.

    Pulsed: l t_p + 2N operations, and where a line is read every second sample a pulse, a read and
    2N or 6N operations. Mixed precision:
    2N^2 + N operations, and N rows of one pulse each a batch.
    """
    if label == "mixed_precision":
        return (2 * N * N + N) / OPERATIONS_A_NS + N / batch * PULSE_NS
    if label not in _COUNTED:
        return None
    always, each_read, reads = _COUNTED[label]
    analog = TRAIN * PULSE_NS + ((PULSE_NS + READ_NS) / READS_EVERY if reads else 0.0)
    return analog + (always + each_read / READS_EVERY) * N / OPERATIONS_A_NS


@dataclass(frozen=True, slots=True)
class UpdateTime:
    """In ns a sample: `total` of the update phase, what each resource is busy in it (they work side
    by side), and each operation.
    """

    total: float
    loads: dict[str, float]
    operations: dict[str, float]


class _Loads(Observer):
    """Busy cycles of the resources and cycles of the operations of the update phase."""

    def __init__(self) -> None:
        self.loads: dict[str, int] = {}
        self.operations: dict[str, int] = {}

    def begin(self, machine: EventMachine) -> None:
        # One port serves both sides; an operation moves its data through one port of a side at a
        # time.
        self.sides = (
            ("buffer.read",)
            if machine.wiring.down["buffer"] is machine.wiring.up["buffer"]
            else ("buffer.read", "buffer.write")
        )

    def _add(self, name: str, cycles: int) -> None:
        self.loads[name] = self.loads.get(name, 0) + cycles

    def tile_job(self, run: OperationRun, unit: int, begin: int, end: int) -> None:
        if run.plan.operation.phase == "update":
            self._add("array", end - begin)

    def operation(self, run: OperationRun) -> None:
        plan = run.plan
        name = run.plan.operation.name.split(".", 1)[-1]
        if plan.operation.phase != "update":
            return
        self.operations[name] = self.operations.get(name, 0) + run.ended - run.started
        for resource, cycles in (
            ("vector unit", plan.up["vector_unit"]),
            (self.sides[0], plan.down["buffer"]),
            (self.sides[-1], plan.up["buffer"]),
            ("bus", plan.down["interconnect"] + plan.up["interconnect"]),
            ("generator", plan.down.get("bitstream", 0)),
        ):
            self._add(resource, cycles * plan.operation.steps)

    def finish(self, machine: EventMachine) -> None:
        self.loads["buffer"] = max(self.loads.pop(side, 0) for side in set(self.sides))


def update_time(scheme: Scheme, settings: Mapping[str, object], batch: int = BATCH) -> UpdateTime:
    """The update phase of a sample on `rpu_512` with the stated settings and these, mean over a
    mini-batch, of at least four samples (a line is read every second one). Raises InputError where
    it cannot run.
    """
    chip = load_architecture("rpu_512", STATED | dict(settings))
    watch = _Loads()
    # Two lines read at least, so that half of the samples have one.
    images = max(batch, 4)
    result = simulate(
        LAYER, chip, scheme=scheme, phase="training", batch=batch, images=images, observers=[watch]
    )
    each = 1e3 / (result.clock_mhz * images)
    return UpdateTime(
        result.by_phase["update"]["cycles"] * each,
        {name: cycles * each for name, cycles in watch.loads.items()},
        {name: cycles * each for name, cycles in watch.operations.items()},
    )
