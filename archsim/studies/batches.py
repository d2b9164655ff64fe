"""A training study of perceptrons with exact reads, a whole mini-batch at a time: the same starts,
orders and rules as the training loop.

    python -m archsim.studies.batches reports/huang2023/study.toml

Without read noise and converters the two passes of a batch are matrix products, which a library
does much faster than the image-by-image passes of the loop; the update is the rule of the row's
scheme, called as the loop calls it. Results agree with the loop's to rounding. Histories, table and
curves are those of `archsim.studies.training`; `history/<row>-<seed>.json` has the writes and what
the rule counted. A row that is finished is left as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from archsim.basics.threads import one_thread
from archsim.studies.study_file import Row, Study, load_study, read_history
from archsim.studies.training import write_history
from archsim.training.data import Prepared, epoch_order, prepare
from archsim.training.machine import Machine
from archsim.training.recorder import device_writes
from archsim.training.settings import TrainingSettings, read_settings
from hwlib.errors import InputError
from workloads.network import Network

F = np.float32
EXACT = ("input_bits", "output_bits", "output_bound", "output_noise", "input_noise")


class Perceptron:
    """A chain of linear layers with ReLU in between and its rule. `errors` are minus the gradient
    of the batch's mean loss.
    """

    def __init__(self, network: Network, settings: TrainingSettings):
        operators = [
            layer.operator
            for layer in network.layers
            if layer.operator not in ("input", "flatten", "reshape", "identity")
        ]
        chain = ["linear", "relu"] * len(network.array_layers)
        # A batch at a time is written out here for this one form; anything else would be trained
        # wrongly and not slowly.
        if operators not in (chain[:-1], [*chain[:-1], "softmax"]) or any(
            layer.bias for layer in network.array_layers
        ):
            raise InputError(
                "not a chain of linear layers without biases and ReLUs",
                where=f"network '{network.name}'",
                got=operators,
            )
        # A matrix product has no converters in between.
        if settings.rule != "float" and any(getattr(settings.read, name) for name in EXACT):
            raise InputError(
                "a whole batch at a time needs exact reads",
                where="training.read",
                allowed=f"0 for {', '.join(EXACT)}",
            )
        self.machine = Machine(network, settings)
        self.settings = settings
        self.weights = [matrix for _, _, matrix in self.machine.arrays.matrices()]

    def forward(self, images: np.ndarray) -> list[np.ndarray]:
        """Inputs of every layer (images, N), and the scores last."""
        values = [images]
        for index, weights in enumerate(self.weights):
            after = values[-1] @ weights.T
            values.append(np.maximum(after, 0) if index < len(self.weights) - 1 else after)
        return values

    def batch(self, images: np.ndarray, labels: np.ndarray, step: int) -> tuple[float, int]:
        """Train on one mini-batch whose first image has the number `step`. Returns the sum of
        losses and the wrong answers.
        """
        values = self.forward(images)
        loss, errors = _softmax_errors(values.pop(), labels)
        wrong = int((errors[1] != labels).sum())
        # The mean of the batch's losses: the rules' rates are those of a mean.
        d = errors[0] / F(len(images))
        updates = []
        for index in range(len(self.weights) - 1, -1, -1):
            updates.append((index, values[index], d))
            if index:
                d = (d @ self.weights[index]) * (values[index] > 0)
        # All errors were taken back through the weights of before the mini-batch.
        for index, x, d in reversed(updates):
            self._update(index, x, d, step)
        return loss, wrong

    def _update(self, index: int, x: np.ndarray, d: np.ndarray, step: int) -> None:
        rule = self.machine.rule
        if rule is None:
            # Plus, as `errors` are minus the gradient.
            self.weights[index] += F(self.settings.learning_rate) * (d.T @ x)
            return
        layer = rule.layers[index]
        for b in range(len(x)):
            rule.image(layer, x[b][:, None], d[b][:, None], step + b)
        rule.done[index].images += len(x)
        rule.batch(layer, step + len(x) - 1)
        rule.done[index].batches += 1

    def test(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """(mean loss, share of wrong answers)."""
        scores = self.forward(images)[-1]
        loss, errors = _softmax_errors(scores, labels)
        return loss / len(images), float((errors[1] != labels).mean())


def _softmax_errors(
    scores: np.ndarray, labels: np.ndarray
) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
    """Sum of cross-entropies, and (minus its gradient an image, answers)."""
    # Keeps exp from overflowing; the shares are the same.
    shifted = scores - scores.max(axis=1, keepdims=True)
    shares = np.exp(shifted)
    total = shares.sum(axis=1, keepdims=True)
    own = np.arange(len(labels))
    loss = float((np.log(total[:, 0]) - shifted[own, labels]).sum())
    errors = -shares / total
    errors[own, labels] += 1
    return loss, (errors, scores.argmax(axis=1))


def train(
    network: Network, data: Prepared, settings: TrainingSettings, ended=lambda history: None
) -> tuple[Perceptron, list[dict]]:
    """Train as `training.loop.train` does; `ended(history)` is called after every epoch."""
    perceptron = Perceptron(network, settings)
    history = []
    images, labels = data.train_images, data.train_labels[:, 0]
    for epoch in range(settings.epochs):
        # The loop's own order, so that both train on the same mini-batches.
        order = epoch_order(settings.seed, epoch, len(images))
        started = time.perf_counter()
        loss = 0.0
        wrong = 0
        for start in range(0, len(order), settings.batch):
            chosen = order[start : start + settings.batch]
            # Sums depend on the number of threads, and a study has to give the same bits anywhere.
            with one_thread():
                more_loss, more_wrong = perceptron.batch(
                    images[chosen], labels[chosen], epoch * len(order) + start
                )
            loss = loss + more_loss
            wrong = wrong + more_wrong
        seconds = time.perf_counter() - started
        with one_thread():
            test_loss, test_error = perceptron.test(data.test_images, data.test_labels[:, 0])
        history.append(
            {
                "epoch": epoch + 1,
                "train_error_percent": 100 * wrong / len(order),
                "test_error_percent": 100 * test_error,
                "train_loss": loss / len(order),
                "test_loss": test_loss,
                "images_per_second": len(order) / seconds,
                "seconds": seconds,
            }
        )
        ended(history)
    return perceptron, history


def run_row(study: Study, row: Row, seed: int, data: Prepared, network: Network) -> None:
    """Train one row, its history kept up to date after every epoch."""

    def ended(history: list[dict]) -> None:
        write_history(study, row, seed, history)
        print(f"{row.name} seed {seed}: {json.dumps(history[-1])}", flush=True)

    settings = read_settings({**row.settings, "seed": seed}, f"row '{row.name}'")
    perceptron, history = train(network, data, settings, ended)
    machine = perceptron.machine
    facts = {
        "settings": settings.model_dump(mode="json"),
        "seconds": sum(line["seconds"] for line in history),
    }
    if machine.rule is not None:
        facts |= {
            "writes": device_writes(machine),
            "done": {
                layer.name: {
                    "images": done.images,
                    "batches": done.batches,
                    "actions": {".".join(key): n for key, n in done.actions.items()},
                }
                for layer, done in zip(machine.rule.layers, machine.rule.done)
            },
        }
    (study.folder / "history" / f"{row.name}-{seed}.json").write_text(
        json.dumps(facts, indent=1) + "\n", encoding="utf-8"
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line of a batch study."""
    from archsim.studies.training_report import write_report
    from workloads.datasets import load_dataset
    from workloads.load import load_network

    parser = argparse.ArgumentParser(
        prog="python -m archsim.studies.batches", description="Run a study of perceptrons."
    )
    parser.add_argument("study", type=Path, help="study.toml")
    parser.add_argument("--row", action="append", help="only these rows")
    options = parser.parse_args(arguments)
    try:
        study = load_study(options.study)
        network = load_network(study.network)
        data = prepare(network, load_dataset(study.data))
        for row, seed in study.runs():
            if (not options.row or row.name in options.row) and len(
                read_history(study, row, seed)
            ) < row.settings["epochs"]:
                run_row(study, row, seed, data, network)
        write_report(study)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
