"""Comparing update rules: equal terms for all, results kept as they come, what is finished never
trained again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archsim.basics.files import write_files
from archsim.basics.folders import folder_path, hold
from archsim.chip import load_architecture
from archsim.comparison.document import FILE, Comparison, by_reason
from archsim.comparison.spread import run_apart, run_here
from archsim.comparison.variants import Variant, chosen_variants
from archsim.comparison.worker import Order, Outcome
from archsim.readers.digest import seal
from archsim.readers.stored import read_stored
from archsim.readers.versions import versioned
from archsim.run.result import Result
from archsim.schemes.base import Scheme
from archsim.training.inputs import changed_inputs, inputs_of
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from workloads import load_network
from workloads.datasets import Dataset, fit_dataset, load_dataset

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from workloads.network import Network

REQUEST = "request.json"
_FREE = {"epochs", "threads", "checkpoint_images"}  # as for a checkpoint


@dataclass
class Status:
    """Where a scheme is, for a display. `now` is what the training core says (see
    training.loop.train), empty before it begins.
    """

    label: str
    state: Literal["waiting", "running", "done", "refused", "lost", "interrupted"]
    now: dict[str, Any]
    accuracy_percent: float | None = None
    reason: str = ""


def compare(
    network: str | Path | Network,
    schemes: str | Scheme | Sequence[str | Scheme | Variant] | None = None,
    chip: str | Path | Architecture = "cim40",
    data: str | Path | Dataset = "digits",
    epochs: int = 1,
    batch: int | None = None,
    images: int | None = None,
    seed: int = 0,
    node_nm: float | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[Sequence[Status]], None] | None = None,
    rate: float | None = None,
    jobs: int | None = None,
) -> Comparison:
    """Train and price every scheme on equal terms.

    `schemes`: names, texts with settings ("tiki_taka:version=agad", see `chosen_variants`) or
    schemes; None is all. Each trains with the learning rate and mini-batch that it suggests, unless
    it names others; `rate` and `batch` are the same for all. `jobs`: processes at a time, each on
    one core; None trains one after the other in this process. No result depends on it.

    With `folder` each scheme keeps its checkpoints and its result in a folder of its own, and
    compare.json what is finished; `resume` takes finished ones from there and goes on with those
    that were interrupted. A scheme that the chip cannot run, or whose process died twice, is no
    error: it stands in `refused` with the reason. `progress` gets the status of all schemes several
    times a second.
    Raises InputError for unknown names and for settings that no scheme can run, KeyboardInterrupt
    where the user stopped it.
    """
    variants = chosen_variants(schemes)
    _check_terms(variants, batch, rate)
    chip = load_architecture(chip)
    network = load_network(network) if isinstance(network, (str, Path)) else network
    # fetched once; what does not fit together is refused once, before any scheme begins
    dataset = fit_dataset(network, data if isinstance(data, Dataset) else load_dataset(data))
    folder = folder_path(folder) if folder is not None else None
    orders = [
        Order(
            variant,
            network,
            chip,
            data,
            epochs,
            batch,
            rate,
            images,
            seed,
            node_nm,
            folder and folder / variant.folder,
        )
        for variant in variants
    ]
    with hold(folder, "comparison") if folder is not None else contextlib.nullcontext():
        outcomes, notes = _begin(orders, dataset.first(train=images), folder, resume)
        found = _work_out(variants, orders, outcomes, folder, progress or (lambda _: None), jobs)
    found.notes += notes
    return found


def _work_out(
    variants: Sequence[Variant],
    orders: Sequence[Order],
    outcomes: dict[int, Outcome],
    folder: Path | None,
    told: Callable[[Sequence[Status]], None],
    jobs: int | None,
) -> Comparison:
    """What `outcomes` lacks is trained; the comparison in the order of its variants."""
    statuses = [Status(variant.label, "waiting", {}) for variant in variants]
    for number, outcome in outcomes.items():
        _note(statuses[number], outcome)

    def moved(number: int, now: dict) -> None:
        statuses[places[number]].state, statuses[places[number]].now = "running", now
        told(statuses)

    places = [number for number in range(len(orders)) if number not in outcomes]
    left = [orders[number] for number in places]
    for number, outcome in run_here(left, moved) if jobs is None else run_apart(left, jobs, moved):
        outcomes[places[number]] = outcome
        _note(statuses[places[number]], outcome)
        told(statuses)
        found = _comparison(variants, outcomes)
        if folder is not None and outcome.kind != "interrupted":
            found.save(folder)
    if len(outcomes) < len(orders) or any(
        outcome.kind == "interrupted" for outcome in outcomes.values()
    ):
        raise KeyboardInterrupt
    found = _comparison(variants, outcomes)
    if not found.results and not found.lost:
        raise InputError(
            "no scheme could be run: "
            + "; ".join(
                f"{', '.join(labels)}: {reason}"
                for reason, labels in by_reason(found.refused).items()
            ),
            where="schemes",
        )
    if folder is not None:
        found.save(folder)
    return found


def _comparison(variants: Sequence[Variant], outcomes: dict[int, Outcome]) -> Comparison:
    ended = [(variants[number].label, outcomes[number]) for number in sorted(outcomes)]
    return Comparison(
        [outcome.document for _, outcome in ended if outcome.kind == "done"],
        {label: outcome.reason for label, outcome in ended if outcome.kind in ("refused", "lost")},
        [label for label, outcome in ended if outcome.kind == "lost"],
    )


def _note(status: Status, outcome: Outcome) -> None:
    status.state, status.reason = outcome.kind, outcome.reason
    if outcome.document is not None:
        status.accuracy_percent = outcome.document["accuracy_percent"]


def _check_terms(variants: Sequence[Variant], batch: int | None, rate: float | None) -> None:
    for variant in variants:
        for name, value in (("batch", batch), ("learning_rate", rate)):
            if value is not None and name in variant.training:
                raise InputError(
                    f"training.{name} is asked to be {value:g} for all schemes",
                    where=f"schemes: {variant.label}",
                    got=variant.training[name],
                )


def _begin(
    orders: Sequence[Order], data: Dataset, folder: Path | None, resume: bool
) -> tuple[dict[int, Outcome], list[str]]:
    """Outcomes that are there before any training, results of the folder and schemes that have no
    training at all, and notes on results whose inputs have changed since: those are worked out
    anew. Leaves in each scheme's folder what is asked of it. Raises InputError where the folder was
    begun with other options.
    """
    if (
        folder is not None
        and not resume
        and ((folder / FILE).exists() or any((o.folder / REQUEST).exists() for o in orders))
    ):
        raise InputError(
            "the folder holds a comparison already",
            where=str(folder),
            hint="resume goes on with it; choose another folder for a new one",
        )
    found = []
    requests = []
    notes = []
    for number, order in enumerate(orders):
        try:
            request = _request(order, data)
        except InputError as error:
            found.append((number, Outcome("refused", reason=error.message)))
            continue
        requests.append((number, order, request))
        if order.folder is None or not resume:
            continue
        changed = _changed(order.folder, request)
        if changed:
            _clear(order.folder)
            notes.append(
                f"{order.variant.label}: worked out anew, as changed since: {', '.join(changed)}"
            )
        elif _finished(order.folder, request):
            found.append((number, Outcome("done", Result.load(order.folder).to_dict())))
    there = {number for number, _ in found}
    for order, request in [
        pair for number, *pair in requests if folder is not None and number not in there
    ]:
        (order.folder / "result.json").unlink(
            missing_ok=True
        )  # of fewer epochs: must never pass for that of this request
        write_files(
            order.folder,
            {REQUEST: json.dumps(seal(versioned("request", request)), indent=1) + "\n"},
        )
    return dict(found), notes


def _request(order: Order, data: Dataset) -> dict[str, Any]:
    """What a result depends on: options by their values, inputs by their content."""
    variant, network = order.variant, order.network
    settings, _ = settings_of(
        order.chip,
        variant.scheme,
        epochs=order.epochs,
        batch=order.batch,
        seed=order.seed,
        device=variant.device,
        changes=order.changes,
        network=network,
    )
    return {
        "label": variant.label,
        "network": network.name,
        "chip": order.chip.name,
        "scheme_settings": variant.scheme.model_dump(mode="json"),
        "images": order.images,
        "node_nm": order.node_nm,
        "epochs": order.epochs,
        **{
            f"training.{path}": value
            for path, value in settings.model_dump(mode="json", exclude=_FREE).items()
        },
        "inputs": inputs_of(network, order.chip, variant.scheme, settings, data),
    }


def _before(folder: Path) -> dict[str, Any] | None:
    """The request that a scheme's folder was begun with; None where there is none. Raises
    InputError where it cannot be read.
    """
    path = folder / REQUEST
    if not path.exists():
        return None
    try:
        return read_stored(path, "request", "request").document
    except InputError as fault:
        raise InputError(
            f"cannot read what this folder was asked to hold ({fault.what})", where=str(path)
        ) from None


def _changed(folder: Path, request: dict[str, Any]) -> list[str]:
    """Names of the inputs that have changed since a scheme's folder was begun."""
    before = _before(folder)
    return [] if before is None else changed_inputs(before.get("inputs"), request["inputs"])


def _clear(folder: Path) -> None:
    """Remove what a scheme's folder holds of other inputs."""
    for path in [folder / "result.json", folder / "checkpoint.json", *folder.glob("arrays-*.npz")]:
        path.unlink(missing_ok=True)


def _finished(folder: Path, request: dict[str, Any]) -> bool:
    """Whether a scheme's folder holds the result of this request. Raises InputError where it was
    begun with other options; more epochs than before go on from its checkpoint."""
    before = _before(folder)
    if before is None:
        return False
    changed = [key for key in request if before.get(key) != request[key]]
    longer = (
        changed == ["epochs"]
        and isinstance(before.get("epochs"), int)
        and before["epochs"] < request["epochs"]
    )
    if changed and not longer:
        raise InputError(
            f"the folder was begun with other settings ({', '.join(changed)})",
            where=str(folder),
            got={key: before.get(key) for key in changed},
            allowed=str({key: request[key] for key in changed}),
            hint="choose another folder",
        )
    return not changed and (folder / "result.json").exists()
