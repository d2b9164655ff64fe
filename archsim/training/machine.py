"""A network on its arrays: program, memories and counters, with training and evaluation over a span of images."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from archsim.devices.constant_step import ConstantStep
from archsim.kernels.random import as_word
from archsim.kernels.read import periphery
from archsim.schemes.rule import LayerState, UpdateRule
from archsim.training.arrays import Arrays, copies_of
from archsim.training.passes import UPDATE_CYCLE, tile_number
from archsim.training.program import BIAS, BLOCK, COLUMNS, COPIES, ERRORS, ROWS, VECTORS, WEIGHTS, build_program
from archsim.training.settings import TrainingSettings, scheme_of
from archsim.training.steps import evaluate, present_batch, training_kernel
from hwlib.errors import InputError
from workloads.network import Network

F = np.float32
EVALUATION = 1 << 62  # steps from here on number the random numbers of evaluations


class Machine:
    """Everything that a run changes. Counters: `totals` int64 (arrays, 2, 3), `samples` float64 (arrays, 2, 5), `counts` float64 (arrays, 6)."""

    def __init__(self, network: Network, settings: TrainingSettings):
        self.settings = settings
        self.program = build_program(network, copies_of(settings, [layer.name for layer in network.array_layers]))
        self.arrays = Arrays(self.program, settings)
        law = type(self.arrays.device) if self.arrays.device else ConstantStep
        self._train = training_kernel(law.step, law.aggregated, law.paired, law.even_noise)
        read = settings.read
        converters = (read.input_bits, read.input_bound, read.input_noise, read.output_bits, read.output_bound, read.output_noise)
        self.ideal = np.array([0, 0, 0, np.inf, 0, 0, 0, 0], F)
        digital = settings.rule == "float"
        self.forward, self.backward = (
            self.ideal if digital else np.array(periphery(way, read.noise_management, read.bound_management, *converters), F)
            for way in (False, True))
        self.rule = None if settings.rule in ("rpu", "float") else self._rule()
        self.memory = np.zeros((settings.batch, self.program.memory), F)
        self.errors = np.zeros(self.program.activations, F)
        self.room, self.words = np.zeros(self.program.room, F), np.zeros(self.program.words, np.uint64)
        self.clear_counters()

    def _rule(self) -> UpdateRule:
        return scheme_of(self.settings).rule(self.layers(), self.settings.learning_rate, self.settings.batch, self.settings.seed)

    def layers(self) -> list[LayerState]:
        """The arrays as an update rule sees them. Raises InputError where a weight has several devices."""
        if (self.program.arrays[:, COPIES] > 1).any():
            raise InputError("schemes train one device a weight", where="training.devices_per_weight", got=self.settings.devices_per_weight)
        layers = []
        for index, copy, matrix in self.arrays.matrices():
            row, name = self.program.arrays[index], self.program.names[index]
            place = int(row[WEIGHTS])
            layers.append(LayerState(index, name, matrix, self.arrays.devices[index] if self.arrays.devices else None,
                                     self.arrays.writes[place:place + matrix.size].reshape(matrix.shape), int(row[VECTORS]), bool(row[BIAS]),
                                     int(tile_number(index, copy, UPDATE_CYCLE))))
        return layers

    def clear_counters(self) -> None:
        """Start counting anew; device writes go on."""
        layers = len(self.program.arrays)
        self.totals, self.samples = np.zeros((layers, 2, 3), np.int64), np.zeros((layers, 2, 5))
        self.counts, self.results = np.zeros((layers, 6)), np.zeros(3)
        if self.rule is not None:
            self.rule.clear()

    def train(self, images: np.ndarray, labels: np.ndarray, order: np.ndarray, first_step: int) -> None:
        """Train on images[order]; images (N, values) float32, labels (N, answers) int64."""
        if self.rule is not None:
            self._train_by_rule(images, labels, order, first_step)
            return
        p, a, s, u = self.program, self.arrays, self.settings, self.settings.update
        pulsed = (int(a.device is not None), a.parts, a.parameters)
        self._train(p.operations, p.arrays, a.weights, a.state, a.planes, a.law, self.memory, self.errors, images, labels, order, s.batch,
                    p.output, p.steps, p.classes, self.forward, self.backward, pulsed, s.learning_rate, a.granularity, u.train_length,
                    u.update_management, u.length_management, u.deterministic, a.write_noise, as_word(s.seed), as_word(first_step),
                    self.totals, self.samples, self.counts, a.writes, self.results, self.room, self.words)

    def _train_by_rule(self, images: np.ndarray, labels: np.ndarray, order: np.ndarray, first_step: int) -> None:
        """Both cycles of a mini-batch on the arrays, then the rule: image by image, and once at the end of the batch."""
        p, a, rule = self.program, self.arrays, self.rule
        for start in range(0, len(order), self.settings.batch):
            chosen = order[start:start + self.settings.batch]
            present_batch(p.operations, p.arrays, a.weights, self.memory, self.errors, images, labels, chosen, p.output, p.steps, p.classes,
                          self.forward, self.backward, as_word(self.settings.seed), as_word(first_step + start), self.totals, self.samples,
                          self.results, self.room, self.words)
            for b in range(len(chosen)):
                for layer in rule.layers:
                    row = p.arrays[layer.index]
                    rows, columns, count = int(row[ROWS]), int(row[COLUMNS]), int(row[VECTORS])
                    block, errors = int(row[BLOCK]), int(row[ERRORS])
                    rule.image(layer, self.memory[b, block:block + columns * count].reshape(columns, count),
                               self.memory[b, errors:errors + rows * count].reshape(rows, count), first_step + start + b)
                    rule.done[layer.index].images += 1
            for layer in rule.layers:
                rule.batch(layer, first_step + start + len(chosen) - 1)
                rule.done[layer.index].batches += 1

    def evaluate(self, images: np.ndarray, labels: np.ndarray, epoch: int, threads: int = 1) -> tuple[float, float]:
        """(mean loss, share of wrong answers) on images; the noise depends on (seed, epoch, image) only."""
        physics = self.forward if self.settings.evaluate == "noisy_arrays" else self.ideal
        p, first = self.program, EVALUATION + (epoch << 32)
        bounds = np.linspace(0, len(images), threads + 1).astype(int)

        def part(low: int, high: int) -> np.ndarray:
            results, memory = np.zeros(3), np.zeros(p.memory, F)
            evaluate(p.operations, p.arrays, self.arrays.weights, memory, np.zeros(p.activations, F), images[low:high], labels[low:high],
                     p.output, p.steps, p.classes, physics, as_word(self.settings.seed), as_word(first + low),
                     np.zeros((len(p.arrays), 2, 3), np.int64), results, np.zeros(p.room, F), np.zeros(p.words, np.uint64))
            return results

        spans = [(int(low), int(high)) for low, high in zip(bounds, bounds[1:]) if high > low]
        if len(spans) == 1:
            results = part(*spans[0])
        else:
            with ThreadPoolExecutor(len(spans)) as pool:
                results = sum(pool.map(lambda span: part(*span), spans))
        return float(results[0] / results[2]), float(results[1] / results[2])
