"""What of a run goes into a checkpoint, and back; refused where network, data or settings are not
those of the checkpoint.
"""

from __future__ import annotations

import dataclasses
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from archsim.schemes.layer_state import ActionCounts
from archsim.schemes.rule import UpdateRule
from archsim.trace.operation import Activity
from archsim.training.data import Prepared
from archsim.training.inputs import layers_digest, refuse_changed
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError
from workloads.network import Network

_TOLD = ("images", "seconds", "history", "counted", "activities")  # of a run, in a checkpoint
# settings that may change between a checkpoint and its continuation
FREE = {"epochs", "threads", "checkpoint_images", "test_after_s"}


def fingerprint(
    network: Network, data: Prepared, settings: TrainingSettings, machine: Machine
) -> dict[str, Any]:
    """What must be the same when a run goes on."""
    schedule = settings.schedule
    # A cosine ends with the last epoch: more of them would change the rates of those that are done.
    ends = {"epochs": settings.epochs} if schedule.shape == "cosine" else {}
    return ends | {
        "network": layers_digest(network),
        "data": data.digest(),
        "settings": settings.model_dump(mode="json", exclude=FREE),
        # Drawn anew from the seed; the sum shows whether a newer version draws others.
        "devices": machine.arrays.drawn_digest(),
    }


def _as_now(stored: Any) -> Any:
    """Stored settings with the fields that came later at their defaults; as they are where this
    version cannot read them.
    """
    try:
        return TrainingSettings.model_validate(stored).model_dump(mode="json", exclude=FREE)
    except ValueError:
        return stored


def take_out(
    machine: Machine, result, facts: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(facts, arrays) of the running state."""
    arrays = {name: getattr(machine, name) for name in ("totals", "samples", "counts", "results")}
    if machine.rule is not None:
        arrays |= {f"rule.{name}": values for name, values in machine.rule.kept().items()}
        done = [
            {
                "images": done.images,
                "batches": done.batches,
                "sums": done.sums,
                "actions": [[*key, count] for key, count in done.actions.items()],
            }
            for done in machine.rule.done
        ]
        facts = facts | {"rule": machine.rule.facts(), "done": done}
    if not machine.arithmetic.exact:
        arrays["stored"] = machine.stored.scales
    arrays |= {
        "weights": machine.arrays.weights,
        "state": machine.arrays.state,
        "writes": machine.arrays.writes,
        "refreshes": machine.arrays.refreshes,
        "reads_before": machine.reads_before,
        **_bias_words(machine),
        **machine.arrays.past(),
        **machine.kept.state(),
        "clocks": machine.arrays.clocks,
    }
    facts = facts | {
        "kept": machine.kept.facts(),
        "images": result.images,
        "seconds": result.seconds,
        "history": result.history,
        "counted": result.totals,
        "activities": [
            [[*key, asdict(activity)] for key, activity in epoch.items()]
            for epoch in result.activity_history
        ],
    }
    return facts, arrays


def _bias_words(machine: Machine) -> dict[str, np.ndarray]:
    """Biases that are digital words, with the scales of those that the loop moves; none where all
    are on arrays, as in earlier checkpoints.
    """
    if not machine.program.biases:
        return {}
    return {"biases": machine.biases.values, "bias_scales": machine.biases.scales}


def put_back(
    machine: Machine,
    result,
    expected: dict[str, Any],
    facts: dict[str, Any],
    arrays: dict[str, np.ndarray],
    folder: Path,
) -> dict[str, Any]:
    """Restore a state in place. Raises InputError where the checkpoint belongs to something else."""
    _refuse_other_run(expected, facts, folder)
    _refuse_other_facts(facts, folder)
    _put_back_arrays(machine, arrays, folder)
    put_back_words(machine, facts, arrays, folder)
    if machine.rule is not None:
        _put_back_rule(machine.rule, facts, arrays, folder)
    result.images, result.seconds, result.history, result.totals = (
        facts[key] for key in ("images", "seconds", "history", "counted")
    )
    result.activity_history = [
        {(layer, phase): Activity(**values) for layer, phase, values in epoch}
        for epoch in facts["activities"]
    ]
    result.activities = result.activity_history[-1] if result.activity_history else {}
    return facts


def _refuse_other_run(expected: dict[str, Any], facts: dict[str, Any], folder: Path) -> None:
    """Raise InputError where the checkpoint belongs to something else."""
    if "inputs" in expected:
        refuse_changed(facts.get("inputs"), expected["inputs"], str(folder))
    for name, value in expected.items():
        got = _as_now(facts.get(name)) if name == "settings" else facts.get(name)
        if got != value:
            if name == "settings" and isinstance(got, dict):
                changed = sorted(key for key in {*got, *value} if got.get(key) != value.get(key))
                raise InputError(
                    f"the checkpoint was made with other settings ({', '.join(changed)})",
                    where=str(folder),
                    got={key: got.get(key) for key in changed},
                    allowed=str({key: value.get(key) for key in changed}),
                )
            raise InputError(f"the checkpoint belongs to another run ({name})", where=str(folder))


def _refuse_other_facts(facts: dict[str, Any], folder: Path) -> None:
    """Raise InputError where the checkpoint tells other things of its run than this version does."""
    lacking = [name for name in _TOLD if name not in facts]
    known = {field.name for field in dataclasses.fields(Activity)}
    told = [values for epoch in facts.get("activities", ()) for _, _, values in epoch]
    unknown = sorted({name for values in told for name in values} - known)
    if lacking or unknown:
        raise InputError(
            "another version of archsim made the checkpoint, and this one cannot go on with it",
            where=str(folder),
            got=f"unknown: {', '.join(unknown)}" if unknown else f"without {', '.join(lacking)}",
            hint="begin a new training in another folder; `archsim infer --weights` reads the weights",
        )


def put_back_words(
    machine: Machine, facts: dict[str, Any], arrays: dict[str, np.ndarray], folder: Path
) -> None:
    """The digital words beside the arrays, in place: those of normalisations, digital biases, and the
    scales of what is stored between layers. Raises InputError for arrays that do not fit.
    """
    targets = _bias_words(machine) | machine.kept.state()
    if not machine.arithmetic.exact:
        targets["stored"] = machine.stored.scales
    _fill(targets, arrays, folder)
    machine.kept.restore(facts.get("kept", []))


def _fill(targets: dict[str, np.ndarray], arrays: dict[str, np.ndarray], folder: Path) -> None:
    """Take the arrays of a checkpoint, in place. Raises InputError for those that do not fit."""
    for name, target in targets.items():
        kept = arrays.get(name)
        if kept is None or kept.shape != target.shape or kept.dtype != target.dtype:
            raise InputError("the checkpoint's arrays do not fit", where=f"{folder}: {name}")
        target[...] = kept


def _put_back_arrays(machine: Machine, arrays: dict[str, np.ndarray], folder: Path) -> None:
    """Counters, weights and states in place. Raises InputError for arrays that do not fit."""
    targets = {name: getattr(machine, name) for name in ("totals", "samples", "counts", "results")}
    targets |= {name: getattr(machine.arrays, name) for name in ("state", "weights", "writes")}
    _fill(targets | machine.arrays.past(), arrays, folder)
    if "reads_before" in arrays and arrays["reads_before"].shape == machine.reads_before.shape:
        machine.reads_before[...] = arrays["reads_before"]  # earlier checkpoints have none
    for name in ("refreshes", "clocks"):  # earlier checkpoints have none
        own = getattr(machine.arrays, name)
        if name in arrays and arrays[name].shape == own.shape:
            own[...] = arrays[name]


def _put_back_rule(
    rule: UpdateRule, facts: dict[str, Any], arrays: dict[str, np.ndarray], folder: Path
) -> None:
    """What the update rule keeps and counted. Raises InputError for arrays that do not fit."""
    _fill({f"rule.{name}": target for name, target in rule.kept().items()}, arrays, folder)
    rule.restore(facts.get("rule", {}))
    rule.done = [
        ActionCounts(
            done["images"],
            done["batches"],
            {(name, action): count for name, action, count in done["actions"]},
            done["sums"],
        )
        for done in facts.get("done", [])
    ] or rule.done
