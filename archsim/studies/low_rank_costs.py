"""What the ways to apply a low-rank gradient cost on a chip: a short training of each, priced with
the activity that it had.

    python -m archsim.studies.low_rank_costs reports/huang2023/costs.csv [network] [images]

Beside the table `NAME.json` keeps the activity of each row, from which `archsim report
reports/huang2023 --reprice` makes it again.
Every row is trained on the RPU chip's reads and devices for one epoch of the first images of MNIST
in batches of 128 at a rate of 0.01, so that all see the same data; digital SGD writes by rows with
verify and reads backwards on the array. The accuracies of so short a training mean nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archsim.basics.files import csv_text, write_files
from archsim.readers.digest import read_document, seal
from archsim.run.step_trace import step_trace
from archsim.run.training_cost import price_again
from archsim.schemes import load_scheme
from archsim.training.settings import read_settings
from hwlib.errors import InputError
from workloads import load_network

BATCH = 128
RATE = 0.01
CHIP = "rpu"
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
FIELDS = (
    "rule",
    "area_mm2",
    "energy_per_image_uj",
    "update_energy_per_image_uj",
    "time_per_image_us",
    "update_share_of_cycles_percent",
    "update_actions_vector_unit_per_image",
    "device_pulses_a_batch",
    "state_words",
)


def train_row(name: str, settings: dict, network: str, images: int) -> dict:
    """The document of one row's training."""
    from archsim.run.training_and_silicon import train

    scheme = load_scheme(name, settings)
    return train(
        network,
        CHIP,
        "mnist",
        scheme,
        epochs=1,
        batch=BATCH,
        images=images,
        seed=1,
        settings={"learning_rate": RATE},
    ).to_dict()


def cost(title: str, document: Mapping[str, Any]) -> dict:
    """One row of the table."""
    update = document["by_phase"]["update"]
    count = document["images"]
    images = document["training"]["images"]
    actions = sum(
        row["count"]
        for row in document["ledger"]
        if row["component"] == "vector_unit" and row["phase"] == "update"
    )
    scheme = load_scheme(document["scheme"], document["training"]["scheme_settings"])
    settings = read_settings(document["training"]["settings"])
    words = step_trace(load_network(document["network"]), scheme, settings).state_words
    return dict(
        zip(
            FIELDS,
            (
                title,
                _written(document["area_mm2"], ".3f"),
                _written(document["energy_per_image_j"], ".4f", 1e6),
                _written(update["energy_j"], ".4f", 1e6 / count),
                f"{document['latency_per_image_s'] * 1e6:.2f}",
                f"{100 * update['cycles'] / document['cycles']:.1f}",
                _written(actions if document["ledger"] else None, ".0f", 1 / count),
                # The writes of the whole training, spread over its mini-batches.
                f"{document['writes_per_device'] * document['batch'] / images:.2f}",
                f"{sum(words.values()):.0f}",
            ),
        )
    )


def _written(value: float | None, form: str, scale: float = 1.0) -> str:
    """A number of the table; a dash where the row is a reference run, which has no price."""
    return "–" if value is None else f"{value * scale:{form}}"


def kept_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """What pricing a row again needs of its document, and the writes that the training counted."""
    training = {
        key: document["training"][key]
        for key in ("images", "settings", "scheme_settings", "activities", "refreshes")
    }
    return {
        key: document[key]
        for key in ("network", "scheme", "node_nm", "settings", "writes_per_device")
    } | {"training": training}


def write(path: Path, documents: Mapping[str, Mapping[str, Any]]) -> None:
    """The table, and beside it what it can be made from again."""
    kept = json.dumps(seal({title: kept_of(document) for title, document in documents.items()}))
    write_files(
        path.parent,
        {
            path.name: csv_text([cost(title, document) for title, document in documents.items()]),
            f"{path.stem}.json": f"{kept}\n",
        },
    )


def write_again(path: Path) -> None:
    """The table from what it kept. Raises InputError where that is not there."""
    hint = "python -m archsim.studies.low_rank_costs trains its rows"
    kept, _ = read_document(path.with_suffix(".json"), "kept activity of a table", hint)
    write(
        path,
        {title: kept[title] | price_again(kept[title], f"{path}: {title}")[0] for title in kept},
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line: the file to write, a network (mlp_100) and images (1280)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if not 1 <= len(arguments) <= 3 or (len(arguments) == 3 and not arguments[2].isdecimal()):
            raise InputError(
                "a file, a network and a number of images",
                where="python -m archsim.studies.low_rank_costs",
                got=arguments,
            )
        path, network, images = [*arguments, *("", "mlp_100", "1280")[len(arguments) :]]
        documents = {}
        for title, name, settings in ROWS:
            # All rows before the file: a table of half of them would be taken for the whole.
            documents[title] = train_row(name, settings, network, int(images))
            print(*cost(title, documents[title]).values(), sep="  ", flush=True)
        write(Path(path), documents)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
