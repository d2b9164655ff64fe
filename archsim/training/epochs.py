"""The epochs of a training: running error, upkeep of the devices, tests, checkpoints."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from archsim.training.checkpoints import load_checkpoint, save_checkpoint
from archsim.training.data import Prepared, epoch_order
from archsim.training.digital_words import digital_words
from archsim.training.first_state import FirstWeights
from archsim.training.machine import Machine
from archsim.training.parallel import notes_of_threads
from archsim.training.recorder import device_writes, measured_activities, recorder_totals
from archsim.training.result import Timed, TrainingResult
from archsim.training.resume import fingerprint, put_back, take_out
from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError
from workloads.network import Network

SPAN = 200  # images between two looks at the clock and at Ctrl-C; no result depends on it


class Epochs:
    """A training under way: its machine, how far it is, and what it came to so far.

    Args:
        network: that is trained.
        data: whose classes are those of its scores.
        settings: of the training.
        folder: of its checkpoints; None for none.
        progress: gets a dict several times a second; see `loop.train`.
        inputs: what a checkpoint must have begun with.
        first: weights to begin with.

    Raises:
        InputError: for a network whose scores do not fit, and settings that are refused.
    """

    def __init__(
        self,
        network: Network,
        data: Prepared,
        settings: TrainingSettings,
        folder: Path | None,
        progress,
        inputs: dict[str, Any] | None,
        first: FirstWeights | None = None,
    ):
        self.data = data
        self.settings = settings
        self.folder = folder
        self.progress = progress
        self.machine = Machine(network, settings, first)
        if self.machine.program.classes != data.classes:
            raise InputError(
                "the network's scores do not fit the classes of the data",
                where=f"network '{network.name}'",
                got=self.machine.program.classes,
                allowed=str(data.classes),
            )
        self.fingerprint = fingerprint(network, data, settings, self.machine) | (
            {"inputs": inputs} if inputs else {}
        )
        self.machine.scheduled(self._images_per_epoch())
        self.result = TrainingResult(settings, network.name, data.name)
        self.epoch = self.position = 0
        self.epoch_seconds = 0.0
        self.timed = Timed()

    def train(
        self, early_stop: int | None, stop_after: int | None, asked: threading.Event
    ) -> TrainingResult:
        result = self.result
        count = self._images_per_epoch()
        while self.epoch < self.settings.epochs:
            if early_stop is not None and result.is_no_better_in(early_stop):
                result.reason = f"no better test error in {early_stop} epochs"
                break
            order = epoch_order(self.settings.seed, self.epoch, len(self.data.train_images))[:count]
            while self.position < count:
                if asked.is_set() or (stop_after is not None and result.images >= stop_after):
                    result.reason = (
                        "interrupted" if asked.is_set() else f"stopped after {result.images} images"
                    )
                    return self._leave(False)
                self._span(order, stop_after)
            self._close_epoch()
        return self._leave(True)

    def _images_per_epoch(self) -> int:
        count = len(self.data.train_images)
        wanted = self.settings.images_per_epoch
        if wanted > count:
            raise InputError(
                "more images an epoch than the data have",
                where="training.images_per_epoch",
                got=wanted,
                allowed=f"0 to {count}",
            )
        return wanted or count

    def _span(self, order: np.ndarray, stop_after: int | None) -> None:
        """Train up to the next place where something besides training happens."""
        batch = self.settings.batch
        count = len(order)
        # In whole mini-batches: nothing happens to devices between two images of one.
        upkeep = -(-self.machine.upkeep_images // batch) * batch
        checkpoint = -(-self.settings.checkpoint_images // batch) * batch
        ends = [
            count,
            self.position + max(1, SPAN // batch) * batch,
            (self.position // upkeep + 1) * upkeep,
            (self.position // checkpoint + 1) * checkpoint,
        ]
        if stop_after is not None:
            ends.append(self.position + -(-(stop_after - self.result.images) // batch) * batch)
        end = min(ends)
        started = time.perf_counter()
        # Processor time beside wall time: on a busy machine only the first says what a step costs.
        processor = time.process_time()
        first = self.epoch * count
        self.machine.train(
            self.data.train_images,
            self.data.train_labels,
            order[self.position : end],
            first + self.position,
        )
        first_image = self.position
        self.position = end
        self.result.images += end - first_image
        if self.machine.arrays.needs_maintenance and (end % upkeep == 0 or end == count):
            # The last span of an epoch may be shorter than the others.
            since = (end - 1) % upkeep + 1
            self.machine.maintain(-(-since // batch), first + end, since)
        self.epoch_seconds += time.perf_counter() - started
        self.timed.add(end - first_image, time.process_time() - processor)
        # Looked at span by span: hours of NaN would help nobody.
        if not math.isfinite(self.machine.results[0]):
            raise InputError(
                "training diverged: the loss is no number any more",
                where="learning_rate",
                got=self.settings.learning_rate,
                hint="a smaller learning rate",
            )
        if self.progress:
            images = float(self.machine.results[2])
            self.progress(
                {
                    "epoch": self.epoch + 1,
                    "epochs": self.settings.epochs,
                    "images": self.position,
                    "images_per_epoch": count,
                    "running_error_percent": 100 * float(self.machine.results[1]) / images,
                    "images_per_second": images / max(self.epoch_seconds, 1e-9),
                    "images_per_cpu_second": self.timed.rate,
                }
            )
        if self.folder and end % checkpoint == 0 and end < count:
            self.save()

    def _close_epoch(self) -> None:
        machine = self.machine
        result = self.result
        started = time.perf_counter()
        test_loss, test_error = machine.evaluate(
            self.data.test_images, self.data.test_labels, self.epoch, self.settings.threads
        )
        testing = time.perf_counter() - started
        loss, wrong, images = machine.results.tolist()
        result.history.append(
            {
                "epoch": self.epoch + 1,
                "train_error_percent": 100 * wrong / images,
                "test_error_percent": 100 * test_error,
                "train_loss": loss / images,
                "test_loss": test_loss,
                "images_per_second": images / max(self.epoch_seconds, 1e-9),
                "images_per_cpu_second": self.timed.rate,
                "seconds": self.epoch_seconds + testing,
            }
        )
        self.timed.images = 0
        self.timed.seconds = 0.0
        self._record()
        result.activity_history.append(result.activities)
        result.seconds += self.epoch_seconds + testing
        machine.clear_counters()
        self.epoch = self.epoch + 1
        self.position = 0
        self.epoch_seconds = 0.0
        if self.folder:
            self.save()

    def _record(self) -> None:
        self.result.activities = measured_activities(self.machine)
        self.result.totals = recorder_totals(self.machine)

    def _leave(self, finished: bool) -> TrainingResult:
        result = self.result
        result.finished = finished
        result.weights = self.machine.arrays.layer_weights()
        result.roles = self.machine.kept.roles()
        result.words = self.machine.kept.record.values.copy()
        result.writes = device_writes(self.machine)
        result.refreshes = self.machine.arrays.refreshed
        result.unread = self.machine.arrays.unread()
        of_rule = self.machine.rule.notes() if self.machine.rule is not None else []
        result.notes = [*of_rule, *notes_of_threads(self.machine)]
        result.digital = digital_words(self.machine)
        if finished and result.history and self.settings.test_after_s:
            result.later = self._test_later()
        if not finished:
            result.seconds += self.epoch_seconds
            if self.folder:
                self.save()
            if not result.history:
                self._record()
        return result

    def _test_later(self) -> dict[str, float]:
        """The last test once more, with its noise, after `test_after_s` untouched."""
        data = self.data
        settings = self.settings
        loss, error = self.machine.evaluate_later(
            data.test_images, data.test_labels, self.epoch - 1, settings.threads
        )
        return {
            "seconds": settings.test_after_s,
            "test_error_percent": 100 * error,
            "test_loss": loss,
        }

    def save(self) -> None:
        facts = {
            **self.fingerprint,
            "epoch": self.epoch,
            "position": self.position,
            "epoch_seconds": self.epoch_seconds,
        }
        if self.folder is not None:
            save_checkpoint(self.folder, *take_out(self.machine, self.result, facts))

    def restore(self) -> None:
        """Go on from the checkpoint in the folder. Raises InputError where there is none."""
        folder = self.folder
        if folder is None:
            raise InputError("resuming needs the folder of the checkpoint", where="folder")
        stored = load_checkpoint(folder)
        facts = put_back(self.machine, self.result, self.fingerprint, *stored, folder)
        self.epoch = facts["epoch"]
        self.position = facts["position"]
        self.epoch_seconds = facts["epoch_seconds"]
