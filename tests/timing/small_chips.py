"""Small chips and traces for the timing tests: every delay is off until a test switches it on."""

from archsim.chip import load_architecture
from archsim.chip.place import place
from archsim.soc.machine import EventMachine
from archsim.soc.observers.base import Observer
from archsim.trace import LayerMatrix, Operation, Trace

# A read takes 8 slots and 8 conversions in turn: 16 cycles, one after the other.
QUIET = {
    "controller.issue_cycles": 0,
    "interconnect.hop_cycles": 0,
    "interconnect.width_bits": 4096,
    "buffer.width_bits": 1024,
    "buffer.ports": 8,
    "buffer.capacity_kib": 65536.0,
    "off_chip.latency_cycles": 0,
    "off_chip.bits_per_cycle": 65536,
    "read.overlap": False,
    "read.columns_per_adc": 8,
    "vector_unit.lanes": 65536,
    "execution.mode": "pipelined",
}
READ = 16
# Its result takes one more cycle, on the interconnect and in the vector unit at the same time.
DRAIN = 1


def quiet_chip(**settings):
    """cim40 without any delay but the tile's; settings as field__path=value."""
    return load_architecture(
        "cim40", QUIET | {key.replace("__", "."): value for key, value in settings.items()}
    )


def read(name, steps, **fields):
    """A forward read of layer `name`."""
    return Operation(f"{name}.forward", name, "forward", "read", steps, **fields)


def trace_of(
    *operations, batch_operations=(), phase="inference", scheme=None, batch=1, rows=8, columns=8
):
    """A trace of these operations, each layer with a small matrix."""
    layers = dict.fromkeys(op.layer for op in (*operations, *batch_operations))
    return Trace(
        "test",
        scheme,
        phase,
        batch,
        tuple(LayerMatrix(name, rows, columns) for name in layers),
        operations,
        batch_operations,
    )


class Jobs(Observer):
    """Keeps (operation, image, unit, begin, end) of every tile job."""

    def __init__(self):
        self.seen = []

    def tile_job(self, run, unit, begin, end):
        self.seen.append((run.plan.operation.name, run.image, unit, begin, end))

    def begins(self, name):
        return [begin for operation, _, _, begin, _ in self.seen if operation == f"{name}.forward"]


def run(trace, chip, images=1):
    """The finished machine and its tile jobs."""
    jobs = Jobs()
    machine = EventMachine(trace, chip, place(trace.matrices, chip), images, observers=(jobs,))
    machine.run()
    return machine, jobs
