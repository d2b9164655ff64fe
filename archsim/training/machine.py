"""A network on its arrays: program, memories and counters, with training and evaluation over a span
of images.
"""

from __future__ import annotations

import numpy as np

from archsim.devices.ageing import drifts
from archsim.devices.constant_step import ConstantStep
from archsim.kernels.random import as_word
from archsim.kernels.records import Trains
from archsim.kernels.tile_records import READ_COUNTS, RETRIES
from archsim.kernels.tile_records import VECTORS as VECTORS_READ
from archsim.schemes.base import Scheme
from archsim.schemes.rule import LayerState, UpdateRule
from archsim.schemes.shared.words import Arithmetic
from archsim.training.arrays import Arrays
from archsim.training.augmentation import augmented, require_images
from archsim.training.copies import copies_of
from archsim.training.cycles import present_of
from archsim.training.digital_biases import new_bias_words, round_first, step_biases
from archsim.training.evaluation import EvaluationReads, evaluate, sealed
from archsim.training.first_state import FirstWeights
from archsim.training.kept_words import LEAST_IMAGES, LayerMemory
from archsim.training.parallel import ALL, Threads, can_share_arrays, can_share_images
from archsim.training.peripheries import ideal_reads, peripheries
from archsim.training.placed_tiles import can_be_sliced
from archsim.training.program import build_program
from archsim.training.reads import tile_number
from archsim.training.records import (
    BothWays,
    Counters,
    Examples,
    MiniBatch,
    StepKeys,
    UpdateRecords,
    Workspace,
    plain,
)
from archsim.training.schedule import Schedule
from archsim.training.settings import CORE_RULES, TrainingSettings, images_between, scheme_of
from archsim.training.stored_values import new_stored
from archsim.training.table import (
    BIAS,
    BLOCK,
    COLUMNS,
    COPIES,
    ERRORS,
    ROWS,
    UPDATE_CYCLE,
    VECTORS,
    WEIGHTS,
    WORDS,
)
from archsim.training.trainable import with_outputs
from archsim.training.updates import update_kernel
from hwlib.errors import InputError
from workloads.network import Network

F = np.float32
MOST_VALUES = 2**29  # of all images of a batch: two gigabytes


class Machine:
    """Everything that a run changes. Counters: `totals` int64 (arrays, 2, 4), `samples` (arrays, 2,
    5) and `counts` (arrays, 6) float64.
    """

    def __init__(
        self, network: Network, settings: TrainingSettings, first: FirstWeights | None = None
    ):
        self.settings = settings
        scheme = None if settings.rule in CORE_RULES else scheme_of(settings)
        self.program = build_program(
            network if settings.loss == "cross_entropy" else with_outputs(network),
            copies_of(settings, [layer.name for layer in network.array_layers]),
            scheme.output_errors if scheme else 1,
            settings.tiles,
        )
        self.arrays = Arrays(self.program, settings, first)
        self._check_clock()
        self._slice_devices()
        self.arithmetic = Arithmetic(**settings.digital.model_dump())
        self.kept = self._layer_memory(scheme, first)
        self.stored = new_stored(
            self.program, self.arithmetic, self.arrays.biases, self.kept.record
        )
        self.present = present_of(self.program.kernels, settings.loss)
        self.biases = new_bias_words(self.program, self.arrays.biases, self.arithmetic)
        self.second = self.program.second_arrays()
        law = type(self.arrays.device) if self.arrays.device else ConstantStep
        self.update_arrays = update_kernel(law.step, law.aggregated, law.paired, law.even_noise)
        self.ideal = ideal_reads(len(self.program.arrays))
        self.forward, self.backward = peripheries(settings, self.arrays.device, self.arrays.scales)
        self.rule = (
            scheme.rule(self.layers(), settings.learning_rate, settings.batch, settings.seed)
            if scheme
            else None
        )
        self._check_biases(scheme)
        self.steps_biases = self.program.biases > 0 and not (self.rule and self.rule.trains_biases)
        if self.steps_biases:
            round_first(self.biases, self.program, settings.seed)
        self.copies = self.rule.backward_weights() if self.rule else None
        if self.copies is not None:
            self.backward = self.ideal
        self.backward_weights = (
            self.arrays.weights if self.copies is None else np.zeros_like(self.arrays.weights)
        )
        if settings.batch * self.program.memory > MOST_VALUES:
            raise InputError(
                "too many values of a batch to keep",
                where="training.batch",
                got=settings.batch,
                allowed=f"up to {MOST_VALUES // max(1, self.program.memory)} images of this network",
            )
        self.memory = np.zeros((settings.batch, self.program.memory), F)
        self.errors = np.zeros(self.program.activations, F)
        self.answers = np.zeros((settings.batch, 0, 2))
        self.threads: Threads | None = None
        self.room, self.words = (
            np.zeros(self.program.room, F),
            np.zeros(self.program.words, np.uint64),
        )
        self.schedule: Schedule | None = None
        self.rate = settings.learning_rate
        require_images(settings.augmentation, network.input_shape)
        self.clear_counters()

    def _layer_memory(self, scheme: Scheme | None, first: FirstWeights | None) -> LayerMemory:
        """The words of layers without arrays, as they begin."""
        settings = self.settings
        kept = LayerMemory(
            self.program, self.arithmetic, scheme, settings.learning_rate, settings.seed
        ).reaching(settings.statistics_images or max(settings.batch, LEAST_IMAGES))
        if first is not None and first.words is not None:
            kept.begin_with(first.words)
        return kept

    def scheduled(self, images_per_epoch: int) -> None:
        """Let the learning rate follow its schedule, with epochs of so many images.

        Raises:
            InputError: for an update rule whose rate cannot change.
        """
        settings = self.settings
        if settings.schedule.is_constant:
            return
        self.require_free_rate("training.schedule.shape", settings.schedule.shape, "constant")
        self.schedule = Schedule(
            settings.schedule,
            settings.learning_rate,
            images_per_epoch,
            settings.batch,
            settings.epochs,
        )

    def _follow_schedule(self, image: int) -> None:
        """The rate of the mini-batch that begins with image number `image`."""
        if self.schedule is not None:
            self.follow_rate(self.schedule.rate_at(image))

    def require_free_rate(self, where: str, got: object, allowed: str) -> None:
        """Raise InputError for an update rule whose learning rate cannot change."""
        if self.rule is not None and not self.rule.follows_rate:
            raise InputError(
                "the learning rate of this update rule is part of its machine and cannot change",
                where=where,
                got=got,
                allowed=allowed,
            )

    def follow_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        self.rate = rate
        self.kept.follow(rate)
        if self.rule is not None:
            self.rule.follow(rate)

    def _slice_devices(self) -> None:
        """Devices that hold slices of a weight are programmed to its codes. Raises InputError for
        devices that pulses change.
        """
        bits = self.settings.read.weight_bits
        if not bits:
            return
        if not can_be_sliced(self.settings):
            raise InputError(
                "pulses change one analog device a weight, which cannot be cut into slices",
                where="training.read.weight_bits",
                got=bits,
                allowed="0",
                hint="a scheme that programs its weights: with exact ones, or with devices that are verified",
            )
        for index, copy, matrix in self.arrays.matrices():
            if self.arrays.devices:
                array = self.arrays.devices[index]
                array.grid = array.device.number("upper_bound") / (2 ** (bits - 1) - 1)
                self.arrays.write(index, copy, matrix, matrix.copy())

    def layers(self) -> list[LayerState]:
        """The arrays as an update rule sees them. Raises InputError where a weight has several
        devices.
        """
        if (self.program.arrays[:, COPIES] > 1).any():
            raise InputError(
                "schemes train one device a weight",
                where="training.devices_per_weight",
                got=self.settings.devices_per_weight,
            )
        layers = []
        for index, copy, matrix in self.arrays.matrices():
            row, name = self.program.arrays[index], self.program.names[index]
            first = int(row[WEIGHTS])
            writes = self.arrays.writes[first : first + matrix.size].reshape(matrix.shape)
            layers.append(
                LayerState(
                    index,
                    name,
                    matrix,
                    self.arrays.devices[index] if self.arrays.devices else None,
                    writes,
                    int(row[VECTORS]),
                    bool(row[BIAS]),
                    int(tile_number(index, copy, UPDATE_CYCLE)),
                    self.arithmetic,
                    self.arrays.intended[first : first + matrix.size].reshape(matrix.shape),
                    self.arrays.line_read(index),
                    self.arrays.biases_of(index),
                )
            )
        return layers

    def clear_counters(self) -> None:
        """Start counting anew; device writes go on."""
        layers = len(self.program.arrays)
        self.reads_before = np.zeros(layers, np.int64)
        self.totals, self.samples = (
            np.zeros((layers, 2, READ_COUNTS), np.int64),
            np.zeros((layers, 2, 5)),
        )
        self.counts, self.results = np.zeros((layers, 6)), np.zeros(3)
        if self.rule is not None:
            self.rule.clear()

    def _check_biases(self, scheme: Scheme | None) -> None:
        """Refuse a scheme whose two faces disagree on who trains digital biases: its price would be
        that of another machine.
        """
        if scheme is None or self.rule is None or not self.program.biases:
            return
        if scheme.trains_biases != self.rule.trains_biases:
            raise InputError(
                "the scheme and its rule disagree on who trains digital biases",
                where=f"{type(scheme).__name__}.trains_biases",
                got=scheme.trains_biases,
                allowed=f"{self.rule.trains_biases}, as its rule says",
            )

    def _check_clock(self) -> None:
        """Refuse a device that ages by the clock where nobody knows how long an image takes."""
        settings, device = self.settings, self.arrays.device
        self.upkeep_images = images_between(settings)
        if device is not None and drifts(device) and not settings.seconds_per_image:
            raise InputError(
                "this device drifts or forgets with time, and how long an image takes is not known",
                where="training.seconds_per_image",
                got=0,
                hint="archsim.train takes it from its chip; name it here",
            )

    def maintain(self, batches: int, step: int, images: int) -> None:
        """Refresh and age the devices for what happened since the last time: `images` images in
        `batches` mini-batches, and the reads of both cycles with their retries, which every
        device of an array meets.
        """
        reads = self.totals[:, :, VECTORS_READ] + self.totals[:, :, RETRIES]
        reads = reads.sum(axis=1) // self.program.arrays[:, COPIES]
        seconds = images * self.settings.seconds_per_image
        self.arrays.maintain(batches, step, seconds, reads - self.reads_before)
        if self.rule is not None:
            for layer in self.rule.layers:
                self.rule.age(layer, batches, seconds, step)
        self.reads_before = reads

    def _trains(self) -> Trains:
        """How trains are made; the generators have a row of `state` for each copy of an array."""
        u = self.settings.update
        return Trains(
            self.rate,
            self.arrays.granularity,
            u.train_length,
            u.update_management,
            u.length_management,
            u.deterministic,
            self.arrays.generators,
        )

    def train(
        self, images: np.ndarray, labels: np.ndarray, order: np.ndarray, first_step: int
    ) -> None:
        """Train on images[order]; images (N, values) float32, labels (N, answers) int64. Image k of
        the order is step first_step + k.
        """
        size = self.settings.batch
        seed = as_word(self.settings.seed)
        images = sealed(images)
        labels = sealed(labels)
        # Made once: a step of a small network takes as long as its arguments.
        tables = plain(self.program.tables(self.second))
        weights = plain(BothWays(self.arrays.weights, self.backward_weights))
        physics = plain(BothWays(self.forward, self.backward))
        if self.answers.shape[1] != labels.shape[1]:
            self.answers = np.zeros((size, labels.shape[1], 2))
        threads = self._threads()
        space = plain(Workspace(self.memory, self.errors, self.room, self.words, self.answers))
        counters = plain(Counters(self.totals, self.samples, self.results))
        between = plain(self.stored)
        given = self._update_records()
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            step = StepKeys(seed, as_word(first_step + start), True, True)
            keys = tuple(step)
            shown = self._examples(images, labels, chosen, first_step + start)
            self._follow_schedule(first_step + start)
            if self.schedule is not None:
                given = given._replace(trains=plain(self._trains()))
            self.copy_weights()
            if threads and len(chosen) > 1 and can_share_images(self):
                records = (tables, weights, physics, between)
                threads.present(self, records, shown, step)
            else:
                self.present(tables, weights, physics, tuple(shown), space, counters, between, keys)
            if self.copies is not None:
                self.totals[:, 1] = 0  # products in the vector unit are no reads
            self._update(len(chosen), first_step + start, keys, given)

    def _examples(
        self, images: np.ndarray, labels: np.ndarray, chosen: np.ndarray, step: int
    ) -> Examples:
        """A mini-batch whose first image is number `step` of the run, changed by chance where the
        settings say so.
        """
        settings = self.settings
        if not settings.augmentation.acts:
            return Examples(images, labels, chosen, len(chosen))
        shape, keys = self.program.network.input_shape, (settings.seed, step)
        changed = augmented(images[chosen], shape, settings.augmentation, keys)
        return Examples(
            sealed(changed), sealed(labels[chosen]), np.arange(len(chosen)), len(chosen)
        )

    def copy_weights(self) -> None:
        """Put the digital copies of the weights, where the rule has some, where errors go back."""
        if self.copies is None:
            return
        lines = self.program.arrays[:, COLUMNS]
        np.concatenate(
            [copy[:, :own].reshape(-1) for copy, own in zip(self.copies, lines)],
            out=self.backward_weights,
        )

    def update(self, size: int, first_step: int) -> None:
        """A step of the update rule on the `size` images in memory, the first of them number
        `first_step` of the run.
        """
        keys = tuple(StepKeys(as_word(self.settings.seed), as_word(first_step), True, True))
        self._update(size, first_step, keys, self._update_records())

    def _update_records(self) -> UpdateRecords:
        """What updates take, with the rate of now."""
        return UpdateRecords(plain(self.arrays.record()), plain(self._trains()), plain(self.biases))

    def _update(self, size: int, first_step: int, keys: tuple, given: UpdateRecords) -> None:
        """`update` with records that were made before."""
        met = MiniBatch(self.program.arrays, self.memory, self.words, size, ALL)
        batch = tuple(met)
        threads = self._threads()
        if self.rule is not None:
            self._apply_rule(self.rule, size, first_step)
        elif threads and size > 1 and can_share_arrays(self):
            threads.update(self, given.devices, given.trains, met, keys)
        else:
            self.update_arrays(given.devices, given.trains, batch, keys, self.counts)
        self.kept.step(first_step + size - 1)
        if self.steps_biases:
            step_biases(given.biases, batch, self.program.output_errors, F(self.rate), keys)

    def _threads(self) -> Threads | None:
        """Those that share a mini-batch; None for one, or for one image."""
        number = min(self.settings.threads, self.settings.batch)
        if self.threads is None and number > 1:
            self.threads = Threads(self, number)
        return self.threads

    def _apply_rule(self, rule: UpdateRule, size: int, first_step: int) -> None:
        """A scheme's own rule for the mini-batch in memory: image by image, and once at its end."""
        for b in range(size):
            for layer in rule.layers:
                inputs, errors = self.seen(layer.index, b)
                rule.image(layer, inputs, errors, first_step + b)
                rule.done[layer.index].images += 1
                if self.steps_biases and self.program.arrays[layer.index, WORDS] >= 0:
                    rule.done[layer.index].add("vector_unit", "multiply_add", errors.size)
        for layer in rule.layers:
            rule.batch(layer, first_step + size - 1)
            rule.done[layer.index].batches += 1

    def seen(self, index: int, image: int) -> tuple[np.ndarray, np.ndarray]:
        """Views of what array `index` met of an image of the last mini-batch: inputs (N, V) and
        errors (M, V), or (2, M, V) where target and output went back as two errors. A rule that
        trains biases beside the array gets the line that is always on as the last input.
        """
        row, parts = self.program.arrays[index], self.program.output_errors
        rows = int(row[ROWS])
        trains_biases = self.rule is not None and self.rule.trains_biases
        columns = int(row[COLUMNS]) + int(trains_biases and row[WORDS] >= 0)
        count = int(row[VECTORS])
        inputs, errors = int(row[BLOCK]), int(row[ERRORS])
        of_errors = self.memory[image, errors : errors + parts * rows * count]
        return (
            self.memory[image, inputs : inputs + columns * count].reshape(columns, count),
            of_errors.reshape((rows, count) if parts == 1 else (parts, rows, count)),
        )

    def evaluate(
        self, images: np.ndarray, labels: np.ndarray, epoch: int, threads: int = 1
    ) -> tuple[float, float]:
        """(mean loss, share of wrong answers) on images; the noise depends on (seed, epoch, image)
        only.
        """
        physics = self.forward if self.settings.evaluate == "noisy_arrays" else self.ideal
        reads = EvaluationReads(
            self.arrays.weights, physics, self.settings.seed, self.stored, self.settings.loss
        )
        return evaluate(self.program, reads, images, labels, epoch, threads)

    def evaluate_later(
        self, images: np.ndarray, labels: np.ndarray, epoch: int, threads: int = 1
    ) -> tuple[float, float]:
        """`evaluate` after `test_after_s` in which nothing touches the arrays; they are as before
        afterwards.
        """
        arrays = self.arrays
        kept = {name: values.copy() for name, values in arrays.past().items()}
        state, weights = arrays.state.copy(), arrays.weights.copy()
        for device in arrays.devices:
            device.age(batches=0, seconds=self.settings.test_after_s)
        try:
            return self.evaluate(images, labels, epoch, threads)
        finally:
            arrays.state[...], arrays.weights[...] = state, weights
            for name, values in arrays.past().items():
                values[...] = kept[name]
