"""Small chips of cores for the timing tests: every delay is off until a test switches it on."""

from small_chips import Jobs, quiet_chip

from archsim.chip.place import place
from archsim.soc.cores.core_machine import CoreMachine
from archsim.soc.engine import PlacedTrace
from archsim.soc.riders import Riders

# A flit of 64 bits, 3 cycles a hop; buffers and wires of a core take a step in a cycle.
QUIET_CORES = {
    "core__tiles": 1,
    "core__buffer_bits": 1024,
    "core__lanes": 65536,
    "core__port_bits": 64,
    "accumulator__adders": 65536,
    "network__flit_bits": 64,
    "network__hop_cycles": 3,
}


def core_chip(**settings):
    """A chip of cores without any delay but those of the tile and of a hop."""
    return quiet_chip(**QUIET_CORES | settings)


def run_on_cores(trace, chip, images=1):
    """The finished machine and its tile jobs."""
    jobs = Jobs()
    work = PlacedTrace(trace, chip, place(trace.matrices, chip), images)
    machine = CoreMachine(work, Riders(observers=(jobs,)))
    machine.run()
    return machine, jobs
