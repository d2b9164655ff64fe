"""The algorithm of Tiki-Taka: one compiled pass an image and layer, see `kernels.fast_array`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from archsim.devices.array import draws
from archsim.kernels.fast_array import FAST_TILE, PULSES, READS, VERSIONS, image_kernel
from archsim.kernels.records import Cells, Tally, Trains
from archsim.kernels.transfer_records import Both, Transfer, TransferMemory
from archsim.schemes.layer_state import LayerState
from archsim.schemes.pulsed.algorithms.tiki_taka_state import (
    TransferSettings,
    new_state,
    rates,
    transfer_read,
)
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.train_counts import count_trains
from archsim.trace.operation import Activity

F = np.float32
SLOTS = 1
ROW_PULSES = 2
COLUMN_PULSES = 3
COINCIDENCES = 4


@dataclass(frozen=True)
class ImageCall:
    """The pass of one layer and its arguments; `reading` for every `every`-th image, `gathering` for
    those between.
    """

    image: Callable[..., None]
    slow: Cells
    fast: Cells
    memory: TransferMemory
    reading: Transfer
    gathering: Transfer
    every: int
    trains: Trains
    both: Both


class TikiTakaRule(UpdateRule[TransferSettings]):
    """All versions; the vectors of an image one after the other."""

    follows_rate: ClassVar[bool] = False  # gains of the transfer are made from it once
    layers_apart: ClassVar[bool] = True
    batches_apart: ClassVar[bool] = True

    def __init__(
        self,
        scheme: TransferSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.states = [new_state(scheme, layer, seed) for layer in self.layers]
        self.words.hold("hidden matrix", "mean of the reads")
        for layer, held in zip(self.layers, self.states):
            held.memory = held.memory._replace(
                hidden_scale=self.words.kept["hidden matrix", layer.index].scale,
                mean_scale=self.words.kept["mean of the reads", layer.index].scale,
            )
        self.calls = [self._call(layer) for layer in self.layers]

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        call = self.calls[layer.index]
        call.image(
            call.slow,
            call.fast,
            call.memory,
            inputs,
            errors,
            call.reading if step % call.every == 0 else call.gathering,
            call.trains,
            draws(self.seed, step, layer.tile),
            call.both,
        )

    def _call(self, layer: LayerState) -> ImageCall:
        """What stays the same from image to image, made once: all of it costs more than a small
        layer's pass.
        """
        s = self.states[layer.index]
        devices = layer.on_devices
        scheme = self.scheme
        reads, every = scheme.transfers(layer.vectors)
        eta, slow = rates(scheme, layer, self.rate)
        law = type(devices.device)
        read = transfer_read(scheme, layer)
        reading = Transfer(
            version=VERSIONS.index(scheme.version),
            eta=eta,
            slow=slow,
            divide=scheme.divide_by_fast_rate,
            transfers=reads,
            due=True,
            noise=F(read.noise),
            level=F(read.step),
            bound=F(read.bound),
            flips=F(scheme.flip_probability),
            period=scheme.period,
            tail=F(scheme.tail),
        )
        return ImageCall(
            image=image_kernel(law.step, law.aggregated),
            slow=devices.cells,
            # A read of the fast array has noise of its own, and its pulses that of the weights'.
            fast=s.fast.cells._replace(law=devices.law, write_noise=devices.write_noise),
            memory=s.memory,
            reading=reading,
            gathering=reading._replace(due=False),
            every=every,
            trains=Trains(
                rate=0.0,
                granularity=devices.granularity,
                longest=scheme.train_length,
                manage_update=scheme.update_management,
                manage_length=True,
                deterministic=False,
                # They stand at the fast array and serve the weights too (v1).
                generators=devices.generators,
            ),
            both=Both(Tally(s.counts, s.writes), Tally(s.slow_counts, layer.writes)),
        )

    def batch(self, layer: LayerState, step: int) -> None:
        """Take the counts of the mini-batch."""
        s = self.states[layer.index]
        done = self.done[layer.index]
        rows, columns = layer.weights.shape
        ends = rows + columns - layer.bias
        vectors = self.batch_vectors(layer)
        reads = int(s.memory.progress[READS])
        slow = float(
            s.slow_counts[COINCIDENCES]
            if self.scheme.version == "v1"
            else s.memory.progress[PULSES]
        )
        done.add("array", "update", s.counts[COINCIDENCES] + slow)
        generators = layer.on_devices.generators
        count_trains(done, generators, s.counts[SLOTS], rows + columns)
        count_trains(done, generators, s.slow_counts[SLOTS], rows + 1)
        for action in ("compare", "multiply") if self.scheme.update_management else ("multiply",):
            done.add("vector_unit", action, ends * vectors)
        done.add("vector_unit", "multiply", rows * reads)  # converter code to number
        done.add_work(self.scheme.read_work, rows * reads)
        for name, counts in (("fast", s.counts), ("slow", s.slow_counts)):
            for number in (SLOTS, ROW_PULSES, COLUMN_PULSES, COINCIDENCES):
                done.sum(f"{name}.{number}", counts[number])
        done.sum("reads", reads)
        done.sum("slow_pulses", slow)
        done.sum("vectors", vectors)
        s.counts[...] = 0
        s.slow_counts[...] = 0
        s.memory.progress[READS:] = 0

    def batch_vectors(self, layer: LayerState) -> int:
        """Vectors since the last batch."""
        done = self.done[layer.index]
        return layer.vectors * done.images - int(done.sums.get("vectors", 0))

    def state(self) -> dict[str, np.ndarray]:
        kept: dict[str, np.ndarray] = {}
        for layer, s in zip(self.layers, self.states):
            memory = s.memory
            arrays = {
                "fast": s.fast.weights,
                "fast_state": s.fast.state,
                "hidden": memory.hidden,
                "mean": memory.mean,
                "held": memory.held,
                "choppers": memory.choppers,
                "reads": memory.reads,
                "means": memory.means,
                "place": memory.progress,
                "fast_writes": s.writes,
            }
            past = s.fast.ageing.past._asdict()
            arrays |= {f"past_{name}": held for name, held in past.items() if held.size}
            kept |= {f"{layer.index}.{name}": values for name, values in arrays.items()}
        return kept

    def age(self, layer: LayerState, batches: int, seconds: float, step: int) -> None:
        self.states[layer.index].fast.age(
            batches=batches, seconds=seconds, seed=self.seed, step=step, tile=layer.tile + FAST_TILE
        )

    def further_writes(self, layer: LayerState) -> dict[str, np.ndarray]:
        return {f"{layer.name}.fast": self.states[layer.index].writes}

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        sums = self.done[layer.index].sums
        rows = layer.weights.shape[0]
        reads = max(1.0, sums.get("reads", 0.0))
        share = sums.get("slow_pulses", 0.0) / (reads * rows)
        if self.scheme.version != "v1":
            return replace(
                before, row_pulses=1.0, column_pulses=share, coincidences=share, train_length=1.0
            )
        slots = max(1.0, sums.get(f"slow.{SLOTS}", 0.0))
        return replace(
            before,
            row_pulses=min(1.0, sums.get(f"slow.{COLUMN_PULSES}", 0.0) / slots),
            coincidences=share,
            column_pulses=sums.get(f"slow.{ROW_PULSES}", 0.0) / (slots * rows),
            train_length=slots / reads,
        )

    def further_activities(self, layer: LayerState) -> dict[str, Activity]:
        sums = self.done[layer.index].sums
        rows, columns = layer.weights.shape
        vectors = max(1.0, sums.get("vectors", 0.0))
        slots = max(1.0, sums.get(f"fast.{SLOTS}", 0.0))
        return {
            f"{layer.name}.fast": Activity(
                source="measured",
                input_density=1.0,
                bit_density=1.0,
                magnitude=1.0,
                train_length=slots / vectors,
                row_pulses=sums.get(f"fast.{COLUMN_PULSES}", 0.0) / (slots * columns),
                column_pulses=sums.get(f"fast.{ROW_PULSES}", 0.0) / (slots * rows),
                coincidences=sums.get(f"fast.{COINCIDENCES}", 0.0) / (vectors * rows * columns),
            )
        }
