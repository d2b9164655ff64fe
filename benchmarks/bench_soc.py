"""Cost of simulating: does it grow linearly with tile operations, and how many cycles does a CPU
second buy?

    python benchmarks/bench_soc.py [--onnx]     (--onnx adds the nine networks of the onnx package)

CPU time of one process; the figures of one run are comparable with each other, not with another
machine's.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import archsim


def timed(call) -> tuple[float, archsim.Result]:
    started = time.process_time()
    result = call()
    return time.process_time() - started, result


def linearity() -> None:
    """LeNet-1 on the 65-nm SoC with 1 to 64 images: CPU microseconds a tile operation should stay
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
        seconds, result = timed(lambda n=images: archsim.simulate(network, chip, images=n))
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
    arguments = parser.parse_args()
    linearity()
    names: list[str | Path] = ["lenet1", "rpu_cnn", "vgg8", "resnet18_cifar"]
    if arguments.onnx:
        import onnx

        names += sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))
    networks(names)


if __name__ == "__main__":
    main()
