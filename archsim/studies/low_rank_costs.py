"""What the ways to apply a low-rank gradient cost on a chip: a short training of each, priced with the activity that it had.

    python -m archsim.studies.low_rank_costs reports/huang2023/costs.csv [network] [images]

Every row is trained on the RPU chip's reads and devices for one epoch of the first images of MNIST in batches of 128, so that all see the
same data; digital SGD writes by rows with verify and reads backwards on the array. The accuracies of so short a training mean nothing.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from archsim.schemes import load_scheme
from hwlib.errors import InputError

BATCH, CHIP = 128, "rpu"
ROWS: tuple[tuple[str, str, dict], ...] = (
    ("digital SGD", "sgd", {}),
    ("RPU, a pulsed update a vector", "rpu", {}),
    ("SBE, pulse trains", "sbe", {}),
    ("SBPCA 1, pulse trains", "sbpca", {"rank": 1}),
    ("SBPCA 3, pulse trains", "sbpca", {"rank": 3}),
    ("SBPCA 3, single shots", "sbpca", {"rank": 3, "encoding": "amplitude"}),
    ("SBPCA 3, rank_sum", "sbpca", {"rank": 3, "update_mode": "rank_sum"}),
    ("SBPCA 3, element", "sbpca", {"rank": 3, "update_mode": "element"}),
    ("SBPCA 10, pulse trains", "sbpca", {"rank": 10}),
    ("LRT 4, rank_sum", "lrt", {}),
)
FIELDS = ("rule", "area_mm2", "energy_per_image_uj", "update_energy_per_image_uj", "time_per_image_us", "update_share_of_cycles_percent",
          "update_actions_vector_unit_per_image", "device_pulses_a_batch", "state_words")


def cost(title: str, name: str, settings: dict, network: str, images: int) -> dict:
    """One row."""
    from archsim.train import train

    scheme = load_scheme(name, settings)
    training = train(network, CHIP, "mnist", scheme, epochs=1, batch=BATCH, images=images, seed=1)
    result = training.result
    update, count = result.by_phase["update"], result.document["images"]
    actions = sum(row["count"] for row in result.ledger if row["component"] == "vector_unit" and row["phase"] == "update")
    return dict(zip(FIELDS, (
        title, f"{result.area_mm2:.3f}", f"{result.energy_per_image_j * 1e6:.4f}", f"{update['energy_j'] / count * 1e6:.4f}",
        f"{result.latency_per_image_s * 1e6:.2f}", f"{100 * update['cycles'] / result.cycles:.1f}", f"{actions / count:.0f}",
        f"{training.writes_per_device * BATCH / images:.2f}", f"{sum(training.trace.state_words.values()):.0f}")))


def main(arguments: list[str] | None = None) -> int:
    """Command line: the file to write, a network (mlp_100) and images (1280)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if not 1 <= len(arguments) <= 3 or (len(arguments) == 3 and not arguments[2].isdecimal()):
            raise InputError("a file, a network and a number of images", where="python -m archsim.studies.low_rank_costs", got=arguments)
        path, network, images = [*arguments, *("", "mlp_100", "1280")[len(arguments):]]
        lines = []
        for title, name, settings in ROWS:
            lines.append(cost(title, name, settings, network, int(images)))
            print(*lines[-1].values(), sep="  ", flush=True)
        with open(Path(path), "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
