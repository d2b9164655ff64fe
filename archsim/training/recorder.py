"""From the counters of the compiled passes to the measured Activity of each layer and phase, device
writes and totals.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.chip.plan.row_groups import split_lines
from archsim.kernels.tile_records import RETRIES, SATURATIONS, TILE_RETRIES
from archsim.kernels.tile_records import VECTORS as READS
from archsim.kernels.update_block import COINCIDENCES, COLUMN_PULSES, ROW_PULSES, SLOTS, UPDATES
from archsim.schemes.layer_state import ActionCounts
from archsim.schemes.shared.train_counts import count_trains
from archsim.trace.operation import Activity
from archsim.training.activity import BITS, MAGNITUDE, NONZERO, ONES, VALUES
from archsim.training.machine import Machine
from archsim.training.table import (
    COLUMNS,
    COPIES,
    INPUTS_TOGETHER,
    OUTPUTS_TOGETHER,
    ROWS,
    TILE_INPUTS,
    TILE_OUTPUTS,
    VECTORS,
    WORDS,
)
from archsim.training.totals import mean_activities

HISTOGRAM = (0, *(2**power for power in range(31)))


def measured_activities(machine: Machine) -> dict[tuple[str, str], Activity]:
    """Activity by (layer, phase) over the images since the counters were cleared; empty before the
    first image.

    Densities come from one image in `steps.SAMPLE_EVERY`. `row_pulses` of an Activity is the input
    side of the crossbar (its rows in
    `workloads.network.Matrix`), `column_pulses` the error side; train_length is the mean over all
    vectors, also those without pulses.
    """
    images = machine.results[2]
    if images == 0:
        return {}
    of_groups: dict[tuple[str, str], list[Activity]] = {}
    for index, name in enumerate(machine.program.names):
        measured: dict[tuple[str, str], Activity] = {}
        array = machine.program.arrays[index]
        for direction, phase in enumerate(("forward", "backward")):
            measured[name, phase] = _read_activity(
                machine.samples[index, direction],
                machine.totals[index, direction],
                _tiles(array, phase == "backward"),
            )
        counts = machine.counts[index]
        vectors = images * array[VECTORS] * array[COPIES]
        slots = max(1.0, counts[SLOTS])
        measured[name, "update"] = Activity(
            source="measured",
            **_inputs(machine.samples[index, 0]),
            # Crosswise: weights (M, N) have the outputs as rows, the arrays of a chip have the
            # inputs there.
            row_pulses=min(1.0, float(counts[COLUMN_PULSES] / (slots * array[COLUMNS]))),
            column_pulses=float(counts[ROW_PULSES] / (slots * array[ROWS])),
            train_length=float(counts[SLOTS] / vectors),
            coincidences=float(counts[COINCIDENCES] / (vectors * array[ROWS] * array[COLUMNS])),
            write_pulses=0.0,
        )
        if machine.rule is not None:
            layer = machine.rule.layers[index]
            measured[name, "update"] = machine.rule.activity(layer, measured[name, "update"])
            # a frozen layer has none of the rule's own arrays
            further = {} if layer.frozen else machine.rule.further_activities(layer)
            measured |= {(own, "update"): activity for own, activity in further.items()}
        for key, activity in measured.items():
            of_groups.setdefault(key, []).append(activity)
    # groups of a layer are equally large
    return {
        key: own[0] if len(own) == 1 else mean_activities([{key: item} for item in own])[key]
        for key, own in of_groups.items()
    }


def _inputs(sample: np.ndarray) -> dict[str, float]:
    nonzero = max(1.0, sample[NONZERO])
    return {
        "input_density": float(sample[NONZERO] / max(1.0, sample[VALUES])),
        "magnitude": min(1.0, float(sample[MAGNITUDE] / nonzero)),
        "bit_density": float(sample[ONES] / max(1.0, sample[BITS])),
    }


class _Tiles(NamedTuple):
    """Tiles of a copy of an array that a vector meets, and the conversions that add up to an output:
    one a tile and group of its lines.
    """

    read: int
    added: int


def _tiles(array: np.ndarray, backward: bool) -> _Tiles:
    inputs = list(split_lines(int(array[COLUMNS]), int(array[TILE_INPUTS])))
    outputs = list(split_lines(int(array[ROWS]), int(array[TILE_OUTPUTS])))
    driven, together = (outputs, OUTPUTS_TOGETHER) if backward else (inputs, INPUTS_TOGETHER)
    added = sum(-(-lines // int(array[together])) for lines in driven)
    return _Tiles(len(inputs) * len(outputs), added)


def _read_activity(sample: np.ndarray, total: np.ndarray, tiles: _Tiles) -> Activity:
    """The activity of an array's reads one way. An output's saturations are the mean over the
    tiles that add up to it; the slowest tile decides how often a vector is read.
    """
    reads = max(1, int(total[READS]))
    return Activity(
        source="measured",
        **_inputs(sample),
        saturations=float(total[SATURATIONS] / reads) / tiles.added,
        retries=float(total[RETRIES] / reads),
        retried_tiles=float(total[TILE_RETRIES] / (total[RETRIES] * tiles.read))
        if total[RETRIES]
        else 1.0,
    )


def device_writes(machine: Machine) -> dict[str, dict]:
    """Pulses a device has received since the start: mean, maximum, histogram (edges, counts):
    endurance.

    By layer, and under "" of all weights; of a scheme's further arrays by their names ("fc.fast"),
    and under ".fast" of all of a kind.
    """
    layers = machine.arrays.layer_writes()
    summaries = {name: _summary(writes) for name, writes in layers.items()} | {
        "": _summary(machine.arrays.writes)
    }
    kinds: dict[str, list[np.ndarray]] = {}
    own: dict[str, list[np.ndarray]] = {}
    rule = machine.rule
    if rule is None:
        return summaries
    for layer in rule.layers:
        for name, writes in ({} if layer.frozen else rule.further_writes(layer)).items():
            own[name] = [*own.get(name, []), writes]
            kinds.setdefault(name.removeprefix(layer.name), []).append(writes.reshape(-1))
    summaries |= {name: _summary(np.concatenate(held)) for name, held in own.items()}
    return summaries | {kind: _summary(np.concatenate(arrays)) for kind, arrays in kinds.items()}


def _summary(writes: np.ndarray) -> dict:
    counts, _ = np.histogram(writes, bins=[*HISTOGRAM, np.inf])
    used = int(np.flatnonzero(counts).max(initial=0)) + 1
    return {
        "mean": float(writes.mean()),
        "maximum": int(writes.max()),
        "histogram": {"edges": list(HISTOGRAM[:used]), "counts": counts[:used].tolist()},
    }


def recorder_totals(machine: Machine) -> dict[str, dict[str, float]]:
    """Counts of every layer since the counters were cleared: reads, retries (of the slowest tile of
    a vector, and of all its tiles), saturations of both directions, and of the updates.
    """
    totals: dict[str, dict[str, float]] = {}
    for index, name in enumerate(machine.program.names):
        row: dict[str, float] = {}
        for direction, phase in enumerate(("forward", "backward")):
            reads = machine.totals[index, direction].tolist()
            row |= {
                f"{phase}_reads": reads[READS],
                f"{phase}_retries": reads[RETRIES],
                f"{phase}_saturations": reads[SATURATIONS],
                f"{phase}_tile_retries": reads[TILE_RETRIES],
            }
        counts = machine.counts[index]
        row |= {
            "updates": int(counts[UPDATES]),
            "slots": int(counts[SLOTS]),
            "error_side_pulses": int(counts[ROW_PULSES]),
            "input_side_pulses": float(counts[COLUMN_PULSES]),
            "coincidences": int(counts[COINCIDENCES]),
        }
        before = totals.get(name)
        totals[name] = row if before is None else {key: before[key] + row[key] for key in row}
    return totals


def performed(machine: Machine) -> list[ActionCounts]:
    """What the update rule did to every array since the counters were cleared, in the words of the
    ledger.
    """
    if machine.rule is not None:
        return machine.rule.done
    counted = []
    for array, counts in zip(machine.program.arrays, machine.counts):
        done = ActionCounts(images=int(machine.results[2]))
        done.add("array", "update", counts[COINCIDENCES])
        if array[WORDS] >= 0:
            each = float(array[ROWS] * array[VECTORS])
            done.add("vector_unit", "multiply_add", each * done.images)
        count_trains(
            done, machine.arrays.generators, counts[SLOTS], int(array[ROWS] + array[COLUMNS])
        )
        counted.append(done)
    return counted
