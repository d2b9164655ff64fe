"""A network on its arrays, at work: training and evaluation over a span of images."""

from __future__ import annotations

import numpy as np

from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.random import as_word
from archsim.kernels.records import Trains
from archsim.kernels.tile_records import RETRIES
from archsim.kernels.tile_records import VECTORS as VECTORS_READ
from archsim.training.augmentation import augmented
from archsim.training.digital_biases import step_biases
from archsim.training.evaluation import EvaluationReads, evaluate, sealed
from archsim.training.first_state import FirstWeights
from archsim.training.machine_checks import require_free_rate
from archsim.training.machine_state import MachineState
from archsim.training.parallel import ALL, Threads, can_share_arrays
from archsim.training.passes import open_doors
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
from archsim.training.rule_step import MetBatch, apply_rule, one_by_one
from archsim.training.schedule import Schedule
from archsim.training.settings import TrainingSettings
from archsim.training.table import COPIES, WORDS
from workloads.network import Network

F = np.float32


class Machine(MachineState):
    """The verbs on what a run changes: train, update, maintain, evaluate."""

    def __init__(
        self, network: Network, settings: TrainingSettings, first: FirstWeights | None = None
    ):
        super().__init__(network, settings, first)
        self.threads: Threads | None = None
        self.schedule: Schedule | None = None

    def scheduled(self, images_per_epoch: int) -> None:
        """Let the learning rate follow its schedule, with epochs of so many images.

        Raises:
            InputError: for an update rule whose rate cannot change.
        """
        settings = self.settings
        if settings.schedule.is_constant:
            return
        shape = settings.schedule.shape
        require_free_rate(self.rule, "training.schedule.shape", shape, "constant")
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

    def follow_rate(self, rate: float) -> None:
        """Go on with another learning rate."""
        self.rate = rate
        self.kept.follow(rate)
        if self.rule is not None:
            self.rule.follow(rate)

    def maintain(self, batches: int, step: int, images: int) -> None:
        """Refresh and age the devices for what happened since the last time: `images` images in
        `batches` mini-batches, and the reads of both cycles with their retries, which every
        device of an array meets.
        """
        reads = self.totals[:, :, VECTORS_READ] + self.totals[:, :, RETRIES]
        # Counted over all copies, each of which reads a device once.
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
        open_doors(self.program.operations)
        tables = plain(self.program.tables(self.second))
        weights = plain(BothWays(self.arrays.weights, self.backward_weights))
        physics = plain(BothWays(self.forward, self.backward))
        if self.answers.shape[1] != labels.shape[1]:
            self.answers = zeros_apart((size, labels.shape[1], 2))
        threads = self._threads()
        space = plain(Workspace(self.memory, self.errors, self.room, self.words, self.answers))
        counters = plain(Counters(self.totals, self.samples, self.results))
        between = plain(self.stored)
        given = self._update_records()
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            step = StepKeys(seed, as_word(first_step + start), True, True, True)
            keys = tuple(step)
            shown = self._examples(images, labels, chosen, first_step + start)
            self._follow_schedule(first_step + start)
            if self.schedule is not None:
                # The rate is a part of how trains are made.
                given = given._replace(trains=plain(self._trains()))
            self.copy_weights()
            if threads and len(chosen) > 1:
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
        shape = self.program.network.input_shape
        keys = (settings.seed, step)
        changed = augmented(images[chosen], shape, settings.augmentation, keys)
        return Examples(
            sealed(changed), sealed(labels[chosen]), np.arange(len(chosen)), len(chosen)
        )

    def update(self, size: int, first_step: int) -> None:
        """A step of the update rule on the `size` images in memory, the first of them number
        `first_step` of the run.
        """
        seed = as_word(self.settings.seed)
        keys = tuple(StepKeys(seed, as_word(first_step), True, True, True))
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
            steps = range(first_step, first_step + size)
            beside = (self.program.arrays[:, WORDS] >= 0) & self.steps_biases
            share = threads.share if threads and can_share_arrays(self) else one_by_one
            apply_rule(self.rule, MetBatch(self.seen, steps, beside), share)
        elif threads and size > 1 and can_share_arrays(self):
            threads.update(self, given.devices, given.trains, met, keys)
        else:
            self.update_arrays(given.devices, given.trains, batch, keys, self.counts)
        if threads:
            threads.finish()
        # Behind the arrays: with the gradients of the whole mini-batch.
        self.kept.step(first_step + size - 1)
        if self.steps_biases:
            step_biases(given.biases, batch, self.program.output_errors, F(self.rate), keys)

    def _threads(self) -> Threads | None:
        """Those that share a mini-batch; None for one, or for one image."""
        number = min(self.settings.threads, self.settings.batch)
        if self.threads is None and number > 1:
            self.threads = Threads(self, number)
        return self.threads

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
        # The later test must leave no trace: what is saved afterwards is the end of the training.
        kept = {name: values.copy() for name, values in arrays.past().items()}
        state = arrays.state.copy()
        weights = arrays.weights.copy()
        for device in arrays.devices:
            device.age(batches=0, seconds=self.settings.test_after_s)
        try:
            return self.evaluate(images, labels, epoch, threads)
        finally:
            arrays.state[...] = state
            arrays.weights[...] = weights
            for name, values in arrays.past().items():
                values[...] = kept[name]
