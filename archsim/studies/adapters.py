"""Fine-tuning by low-rank adapters against moving every weight, under three update rules: prices of ViT
tiny, and a small attention network that is really fine-tuned.

    python -m archsim.studies.adapters reports/transformers
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import archsim
from archsim.basics.files import write_files
from archsim.operators.vocabulary import operator_of
from archsim.readers.table import Table
from archsim.run.trained_weights import trained_tensors
from archsim.schemes import load_scheme
from workloads import load_dataset, load_network, with_adapters
from workloads.datasets import Dataset
from workloads.layers import infer_layer
from workloads.network import Layer, Network

CHIP = "cores40"
RANK = 8
SMALL_RANK = 2
WIDTH = 16
# Rules, with what makes frozen weights worth having: a way back through the arrays themselves.
RULES: Mapping[str, Mapping[str, Any]] = {
    "sgd": {},
    "mixed_precision": {"backward_in": "array", "optimiser": "sgd"},
    "rpu": {},
}
RATES = {"mixed_precision": 0.05}
"""Where the rule's own suggestion is that of another optimiser."""
FIRST_EPOCHS = 12
EPOCHS = 4


class Priced(NamedTuple):
    """A training step of one image: times in ms, energy in mJ, area in mm². `held_in`: where the
    adapters are; "" where every weight moves.
    """

    network: str
    rule: str
    rank: int
    held_in: str
    milliseconds: float
    millijoules: float
    area_mm2: float
    moved: float


def priced(name: str, rule: str, rank: int, held_in: str = "arrays") -> Priced:
    """A step by a rule; rank 0: every weight moves. `moved`: weights that it moves, without scales and
    shifts.
    """
    network = load_network(name)
    if rank:
        network = with_adapters(network, rank, held_in=held_in)
    scheme = load_scheme(rule, RULES[rule])
    run = archsim.simulate(network, CHIP, phase="training", scheme=scheme, engine="compiled")
    if run.latency_s is None:
        raise RuntimeError("this run has no time")
    # With adapters the layers that were there are frozen, and stand on arrays all the same.
    trained = [layer for layer in network.array_layers if not layer.frozen]
    moved = float(sum(layer.matrix.weights for layer in trained))
    beside = [item for item in network.layers if item.setting("adapter") and not item.on_array]
    moved += sum(operator_of(layer).words(layer).trained for layer in beside)
    where = held_in if rank else ""
    milliseconds = 1e3 * run.latency_s
    return Priced(name, rule, rank, where, milliseconds, 1e3 * run.energy_j, run.area_mm2, moved)


def attention_network() -> Network:
    """Eight tokens, the rows of an image of 8x8, through one attention and a read-out."""
    layers = {"input": Layer("input", "input", (), (), (1, 8, 8))}

    def add(name: str, operator: str, *inputs: str, **fields: Any) -> None:
        table = Table({"name": name, "operator": operator} | fields, "study")
        sources = inputs or ([*layers][-1],)
        shapes = tuple(layers[source].output_shape for source in sources)
        layers[name] = infer_layer(table, operator, tuple(sources), shapes)

    add("tokens", "reshape", shape=[8, 8])
    add("embed", "linear", features=WIDTH, bias=True)
    for name in ("query", "key", "value"):
        add(name, "linear", "embed", features=WIDTH)
    add("turned", "transpose", "key", axes=[1, 0])
    add("scores", "matmul", "query", "turned")
    add("shares", "softmax", axis=1)
    add("mix", "matmul", "shares", "value")
    add("out", "linear", features=WIDTH, bias=True)
    add("residual", "add", "embed", "out")
    add("norm", "layer_norm", affine=True)
    add("flat", "flatten")
    add("classes", "linear", features=10, bias=True)
    return Network("attention", tuple(layers.values()))


def turned(data: Dataset) -> Dataset:
    """The images by a quarter to the left: another task of the same kind."""
    return replace(
        data,
        name="digits, turned",
        train_images=np.ascontiguousarray(np.rot90(data.train_images, axes=(2, 3))),
        test_images=np.ascontiguousarray(np.rot90(data.test_images, axes=(2, 3))),
    )


class FineTuned(NamedTuple):
    """A fine-tuning on arrays: numbers that it moves, and the accuracy behind it in percent."""

    rule: str
    rank: int
    trained: int
    accuracy: float


def first_training() -> tuple[dict[str, np.ndarray], float]:
    """Weights of the network trained on digits as they are by plain descent in memory, and its
    accuracy in percent.
    """
    network = attention_network()
    # Without devices, so that all rules begin at the same weights.
    scheme = load_scheme("sgd", {"weights_in": "memory"})
    settings = {"learning_rate": 0.05}
    done = archsim.train(
        network, CHIP, "digits", scheme, epochs=FIRST_EPOCHS, batch=8, settings=settings
    )
    tensors = trained_tensors(network, done).tensors
    values = {
        # An array's matrix is of two axes, whatever the axes of its tensor in the network's file.
        f"{name}.{role}": held.reshape(-1, held.shape[-1]) if role == "weights" else held
        for name, roles in tensors.items()
        for role, held in roles.items()
    }
    return values, done.accuracy_percent or 0.0


def fine_tuned(rule: str, rank: int, first: Mapping[str, np.ndarray], data: Dataset) -> FineTuned:
    """Fine-tune on turned digits by a rule with its own settings, on the chip's devices."""
    network = attention_network()
    if rank:
        # The read-out learns the new classes' answers itself, as in published fine-tuning.
        network = with_adapters(network, rank, trained=("classes",))
    scheme = load_scheme(rule, RULES[rule])
    settings = {"learning_rate": RATES[rule]} if rule in RATES else {}
    done = archsim.train(
        network, CHIP, data, scheme, epochs=EPOCHS, weights=first, settings=settings
    )
    trained = sum(
        layer.matrix.weights + layer.bias * layer.matrix.columns
        for layer in network.array_layers
        if not layer.frozen
    )
    return FineTuned(rule, rank, trained, done.accuracy_percent or 0.0)


def table_of(rows: Sequence[NamedTuple]) -> str:
    """Rows of one kind as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0]._fields)
    writer.writerows(
        [f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in rows
    )
    return text.getvalue()


def main(arguments: Sequence[str]) -> None:
    """Write adapters.csv, and with "train" behind the folder fine_tuning.csv."""
    folder = Path(arguments[0]) if arguments else Path("reports/transformers")
    if "train" not in arguments[1:]:
        ways = ((0, "arrays"), (RANK, "arrays"), (RANK, "memory"))
        steps = [priced("vit_tiny", rule, rank, held) for rule in RULES for rank, held in ways]
        write_files(folder, {"adapters.csv": table_of(steps)})
        return
    data = turned(load_dataset("digits"))
    first, accuracy = first_training()
    print(f"before, as they are: {accuracy:.1f} %", flush=True)
    rows: list[FineTuned] = []
    for rule in RULES:
        for rank in (0, SMALL_RANK):
            rows.append(fine_tuned(rule, rank, first, data))
            print(rows[-1], flush=True)
            # After every row: a training is long, and a study that is stopped keeps what it has.
            write_files(folder, {"fine_tuning.csv": table_of(rows)})


if __name__ == "__main__":
    main(sys.argv[1:])
