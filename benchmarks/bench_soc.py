"""Cost of simulating: what does a tile operation cost by either engine, does that grow linearly, and
how many cycles does a CPU second buy?

    python benchmarks/bench_soc.py [--most N] [--onnx]

--most: tile operations of the longest compiled run (1e6; 1e8 takes a minute). --onnx adds the nine
networks of the onnx package.

CPU time of one process; the figures of one run are comparable with each other, not with another
machine's.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from pathlib import Path

import archsim
from archsim.chip.place import place
from archsim.schemes import load_scheme
from archsim.soc.engine import PlacedTrace, machine_of, steps_of
from archsim.trace import build_trace

SIMPY_STEPS = 100_000


def timed(call) -> tuple[float, archsim.Result]:
    started = time.process_time()
    result = call()
    return time.process_time() - started, result


def engines(most: int) -> None:
    """LeNet-1 on cim40 from a thousand tile operations on, by SimPy and by compiled events: the
    events alone, machine code loaded. SimPy stops at 1e5.
    """
    print("LeNet-1 on cim40: us a tile operation, by engine")
    print(f"{'what':<26} {'tile operations':>16} {'simpy':>8} {'compiled':>9} {'ratio':>6}")
    for mode in ("layer_by_layer", "pipelined"):
        chip = archsim.load_architecture("cim40", {"execution.mode": mode})
        for scheme in (None, "rpu"):
            _engines_of(chip, scheme, most, f"{mode}, {'training' if scheme else 'inference'}")


def _engines_of(chip: archsim.Architecture, scheme: str | None, most: int, what: str) -> None:
    phase = "training" if scheme else "inference"
    rule = load_scheme(scheme) if scheme else None
    trace = build_trace(archsim.load_network("lenet1"), rule, phase, 1)
    placement = place(trace.matrices, chip)
    an_image = steps_of(PlacedTrace(trace, chip, placement, 1))
    steps = 1_000
    while steps <= most:
        work = PlacedTrace(trace, chip, placement, max(1, steps // an_image))
        compiled = _each(work, "compiled", 5)
        simpy = _each(work, "simpy", 1) if steps <= SIMPY_STEPS else None
        told = f"{simpy:>8.2f}" if simpy else f"{'':>8}"
        ratio = f"{simpy / compiled:>6.0f}" if simpy else ""
        done = an_image * work.images
        print(f"{what:<26} {done:>16,} {told} {compiled:>9.3f} {ratio}", flush=True)
        steps *= 10


def _each(work: PlacedTrace, engine: str, calls: int) -> float:
    """Microseconds of CPU a step: the median of so many calls."""
    seconds = []
    for _ in range(calls):
        machine = machine_of(engine, work)
        started = time.process_time()
        machine.run()
        seconds.append(time.process_time() - started)
    return statistics.median(seconds) / steps_of(work) * 1e6


def linearity() -> None:
    """By SimPy: LeNet-1 on the 65-nm SoC with 1 to 64 images: CPU microseconds a tile operation should stay
    level.
    """
    chip = archsim.load_architecture("wu2023")
    network = archsim.load_network("lenet1")
    archsim.simulate(network, chip)
    print("LeNet-1 on wu2023, more and more images")
    print(
        f"{'images':>7} {'tile operations':>16} {'CPU s':>8} {'us/tile operation':>18} {'ratio to first':>15}"
    )
    first = None
    for images in (4, 8, 16, 32, 64):
        seconds, result = timed(
            lambda n=images: archsim.simulate(network, chip, images=n, engine="simpy")
        )
        each = seconds / result.tile_operations * 1e6
        first = first or each
        print(
            f"{images:>7} {result.tile_operations:>16,} {seconds:>8.2f} {each:>18.2f} {each / first:>15.2f}"
        )


def networks(names: list[str | Path]) -> None:
    """Inference and a training step of each network on cim40."""
    chip = archsim.load_architecture("cim40")
    print(
        f"\n{'network':<28} {'phase':<10} {'price only s':>12} {'CPU s':>7} {'steps':>9} "
        f"{'tile ops':>10} {'cycles':>14} "
        f"{'kilocycles/CPU s':>17}"
    )
    for name in names:
        network = archsim.load_network(name)
        for phase, scheme in (("inference", None), ("training", "rpu")):
            priced, _ = timed(
                lambda n=network, p=phase, s=scheme: archsim.simulate(
                    n, chip, phase=p, scheme=s, timing=False
                )
            )
            seconds, result = timed(
                lambda n=network, p=phase, s=scheme: archsim.simulate(n, chip, phase=p, scheme=s)
            )
            print(
                f"{network.name:<28} {phase:<10} {priced:>12.3f} {seconds:>7.2f} "
                f"{result.operations:>9,} {result.tile_operations:>10,} "
                f"{result.cycles:>14,} {result.cycles / seconds / 1e3:>17,.0f}",
                flush=True,
            )
    print(
        f"largest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--onnx", action="store_true", help="add the nine light networks of the onnx package"
    )
    parser.add_argument(
        "--most", type=int, default=1_000_000, help="tile operations of the longest compiled run"
    )
    arguments = parser.parse_args()
    engines(arguments.most)
    print()
    linearity()
    names: list[str | Path] = ["lenet1", "rpu_cnn", "vgg8", "resnet18_cifar"]
    if arguments.onnx:
        import onnx

        names += sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))
    networks(names)


if __name__ == "__main__":
    main()
