"""Cost of simulating: what does a tile operation cost by either engine, does that grow linearly, how
long does a whole run take in a process, and how many cycles does a CPU second buy?

    python benchmarks/bench_soc.py [--most N] [--simpy N] [--only PART] [--onnx]

--most: tile operations of the longest compiled run (1e6; 1e8 takes a minute). --simpy: those of the
longest run in SimPy (1e5; 1e6 takes minutes), or as many jobs of a whole run. --only: one of the
parts, `steps`, `networks`, `process`, `linear`, `phases`. --onnx adds the nine networks of the onnx
package.

CPU time of one process; the figures of one run are comparable with each other, not with another
machine's.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import archsim
from archsim.chip.place import place
from archsim.chip.plan.counts import plans_of
from archsim.schemes import load_scheme
from archsim.soc.engine import PlacedTrace, machine_of
from archsim.soc.length import jobs_of, steps_in
from archsim.trace import build_trace

MODES = ("layer_by_layer", "pipelined")
# A chip setting that changes the schedule, so that no call of a row is like another.
WIDTHS = (64, 96, 128, 192, 256)


def timed(call) -> tuple[float, archsim.Result]:
    started = time.process_time()
    result = call()
    return time.process_time() - started, result


def engines(most: int, most_simpy: int) -> None:
    """LeNet-1 on cim40 from a thousand tile operations on, by SimPy and by compiled events, machine
    code loaded: the run of a machine whose operations are planned, its tables among it.
    """
    print("LeNet-1 on cim40: us a tile operation, by engine; medians")
    print(f"{'what':<36} {'tile operations':>16} {'simpy':>8} {'compiled':>9} {'ratio':>6}")
    for mode in MODES:
        for scheme in (None, "rpu"):
            what = f"{mode}, {'training' if scheme else 'inference'}"
            steps = 1_000
            while steps <= most:
                _compared(what, "lenet1", scheme, mode, steps, steps <= most_simpy)
                steps *= 10


def networks_by_engine() -> None:
    """An image of larger networks by either engine."""
    print("An image on cim40: us a tile operation, by engine; medians")
    print(f"{'what':<36} {'tile operations':>16} {'simpy':>8} {'compiled':>9} {'ratio':>6}")
    for network in ("vgg8", "resnet18_cifar"):
        for mode in MODES:
            for scheme in (None, "sgd"):
                what = f"{network}, {mode}, {'training' if scheme else 'inference'}"
                _compared(what, network, scheme, mode, 0, True)


def _compared(
    what: str, network: str, scheme: str | None, mode: str, steps: int, in_simpy: bool
) -> None:
    """A row: about so many tile operations, at least an image, by both engines."""
    works = [_work(network, scheme, mode, width, steps) for width in WIDTHS]
    done = steps_in(works[0].trace, works[0].images)
    compiled = _each(works, "compiled")
    # a second of SimPy is one call, as long as it takes
    simpy = _each(works if done < 50_000 else works[:1], "simpy") if in_simpy else None
    told = f"{simpy:>8.2f}" if simpy else f"{'':>8}"
    ratio = f"{simpy / compiled:>6.0f}" if simpy else ""
    print(f"{what:<36} {done:>16,} {told} {compiled:>9.3f} {ratio}", flush=True)


def _work(network: str, scheme: str | None, mode: str, width: int, steps: int) -> PlacedTrace:
    settings = {"execution.mode": mode, "interconnect.width_bits": width}
    chip = archsim.load_architecture("cim40", settings)
    phase = "training" if scheme else "inference"
    rule = load_scheme(scheme) if scheme else None
    trace = build_trace(archsim.load_network(network), rule, phase, 1)
    work = PlacedTrace(trace, chip, place(trace.matrices, chip), 1)
    return work._replace(images=max(1, steps // steps_in(work.trace, work.images)))


def _each(works: Sequence[PlacedTrace], engine: str) -> float:
    """Microseconds of CPU a step: the median of the calls, each on another chip."""
    seconds = []
    for work in works:
        machine = machine_of(engine, work)
        machine.adopt(plans_of(work.trace, work.chip, work.placement))
        started = time.process_time()
        machine.run()
        seconds.append(time.process_time() - started)
    return statistics.median(seconds) / steps_in(works[0].trace, works[0].images) * 1e6


def in_process(most_simpy: int) -> None:
    """A whole run, timed and priced, in a process that has the network: the first, which loads what
    is imported late and the machine code, and the median of five more, each on another chip; and
    what skipping the steady state of operations on cores saves of the events.
    """
    print("A whole run in a process, network loaded: ms of CPU")
    print(
        f"{'what':<36} {'first':>8} {'median of 5':>12} {'simpy':>9} {'ratio':>6} "
        f"{'events':>8} {'unskipped':>10} {'ratio':>6}"
    )
    names: list[tuple[str, str | Path, str | None]] = [
        ("lenet1, inference", "lenet1", None),
        ("vgg8, training step", "vgg8", "sgd"),
        ("resnet18_cifar, inference", "resnet18_cifar", None),
        ("gpt2_small, 1,024 tokens", "gpt2_small", None),
    ]
    with contextlib.suppress(ImportError):
        import onnx

        light = Path(onnx.__file__).parent / "backend/test/data/light"
        names.append(("resnet50, inference", light / "light_resnet50.onnx", None))
    for chip in ("cim40", "cores40"):
        for what, name, scheme in names:
            _in_process(f"{chip}: {what}", chip, name, scheme, most_simpy)


def _in_process(
    what: str, chip: str, name: str | Path, scheme: str | None, most_simpy: int
) -> None:
    network = archsim.load_network(name)
    first = _run_ms(network, chip, scheme, 72, "compiled")
    median = statistics.median([_run_ms(network, chip, scheme, w, "compiled") for w in WIDTHS])
    works = [_placed(network, chip, scheme, width) for width in WIDTHS]
    row = f"{what:<36} {first:>8.0f} {median:>12.1f}"
    if jobs_of(works[0], (), most_simpy + 1) <= most_simpy:
        simpy = statistics.median([_run_ms(network, chip, scheme, w, "simpy") for w in WIDTHS[:3]])
        row += f" {simpy:>9.0f} {simpy / median:>6.0f}"
    else:
        row += f" {'':>9} {'':>6}"
    if works[0].placement.cores:
        events, every = (_events_ms(works, skips) for skips in (True, False))
        row += f" {events:>8.1f} {every:>10.1f} {every / events:>6.1f}"
    print(row, flush=True)


def _placed(network: archsim.Network, chip: str, scheme: str | None, width: int) -> PlacedTrace:
    on_chip = archsim.load_architecture(chip, {"interconnect.width_bits": width})
    phase = "training" if scheme else "inference"
    trace = build_trace(network, load_scheme(scheme) if scheme else None, phase, 1)
    return PlacedTrace(trace, on_chip, place(trace.matrices, on_chip), 1)


def _events_ms(works: Sequence[PlacedTrace], skips: bool) -> float:
    """Milliseconds of CPU of the events on cores, of machines whose operations are planned: the
    median of the calls.
    """
    times = []
    for work in works:
        machine = machine_of("compiled", work)
        machine.skips = skips
        machine.adopt(plans_of(work.trace, work.chip, work.placement))
        started = time.process_time()
        machine.run()
        times.append(time.process_time() - started)
    return 1e3 * statistics.median(times)


def _run_ms(
    network: archsim.Network, chip: str, scheme: str | None, width: int, engine: str
) -> float:
    on_chip = archsim.load_architecture(chip, {"interconnect.width_bits": width})
    phase = "training" if scheme else "inference"
    seconds, _ = timed(
        lambda: archsim.simulate(network, on_chip, scheme=scheme, phase=phase, engine=engine)
    )
    return 1e3 * seconds


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
    parser.add_argument(
        "--simpy", type=int, default=100_000, help="tile operations of the longest run in SimPy"
    )
    names: list[str | Path] = ["lenet1", "rpu_cnn", "vgg8", "resnet18_cifar"]
    parts: dict[str, Callable[[], None]] = {
        "steps": lambda: engines(arguments.most, arguments.simpy),
        "networks": networks_by_engine,
        "process": lambda: in_process(arguments.simpy),
        "linear": linearity,
        "phases": lambda: networks(names),
    }
    parser.add_argument("--only", choices=parts, help="one of the parts")
    arguments = parser.parse_args()
    if arguments.onnx:
        import onnx

        names += sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))
    for name, part in parts.items():
        if arguments.only in (None, name):
            part()
            print()


if __name__ == "__main__":
    main()
