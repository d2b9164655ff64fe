"""What each scheme of a comparison is asked, as its folder keeps it: which results there are still
those of today's question, and which are worked out anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archsim.basics.files import write_files
from archsim.comparison.document import FILE
from archsim.comparison.worker import TRIAL, Order, Outcome
from archsim.readers.digest import seal
from archsim.readers.form import Form, check_form
from archsim.readers.stored import read_stored
from archsim.readers.versions import versioned
from archsim.run.first_weights import first_inputs
from archsim.run.result import Result
from archsim.training.inputs import changed_inputs, inputs_of
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from workloads.datasets import Dataset

REQUEST = "request.json"
TRIAL_FORM: Form = {"validation_accuracy_percent": "percent?"}
# What may differ in a training that is taken up again; epochs are asked by themselves.
_FREE = {"epochs", "threads", "checkpoint_images"}  # as for a checkpoint


@dataclass
class Beginning:
    """What is known before any training: outcomes by the number of their order, and notes on
    results whose inputs have changed since they were worked out.
    """

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def begin(orders: Sequence[Order], data: Dataset, folder: Path | None, resume: bool) -> Beginning:
    """Take what the folder holds of these orders, and leave in the folder of each what is asked of
    it. Schemes that have no training at all are refused here. `data`: the whole set, fitted to the
    network.

    Raises:
        InputError: where the folder was begun with other options.
    """
    beginning = Beginning()
    requests: dict[int, dict[str, Any]] = {}
    for number, order in enumerate(orders):
        try:
            request = _request(order, data)
        except InputError as error:
            beginning.outcomes[number] = Outcome("refused", reason=error.message)
            continue
        requests[number] = request
        # Without `resume` a folder with anything in it has been refused before.
        if order.folder is None or not resume:
            continue
        changed = _changed(order.folder, request)
        # A changed input file is worked out anew, other options are refused below: editing a chip
        # and running again is meant, whereas a folder of another comparison is likely a slip.
        if changed:
            _clear(order.folder)
            beginning.notes.append(
                f"{order.label}: worked out anew, as changed since: {', '.join(changed)}"
            )
        elif _finished(order, request):
            beginning.outcomes[number] = Outcome("done", _stored(order))
    for number, request in requests.items():
        own = orders[number].folder
        if own is not None and number not in beginning.outcomes:
            # of fewer epochs: must never pass for that of this request
            (own / _result_of(orders[number])).unlink(missing_ok=True)
            text = json.dumps(seal(versioned("request", request)), indent=1) + "\n"
            write_files(own, {REQUEST: text})
    return beginning


def refuse_begun(orders: Sequence[Order], folder: Path | None, resume: bool) -> None:
    """Raises InputError where the folder holds a comparison that nobody asks to go on with."""
    if folder is None or resume:
        return
    begun = [order.folder for order in orders if order.folder and (order.folder / REQUEST).exists()]
    if begun or (folder / FILE).exists():
        raise InputError(
            "the folder holds a comparison already",
            where=str(folder),
            hint="resume goes on with it; choose another folder for a new one",
        )


def _request(order: Order, data: Dataset) -> dict[str, Any]:
    """What a result depends on: options by their values, inputs by their content."""
    variant = order.variant
    network = order.network
    settings, _ = settings_of(
        order.chip,
        variant.scheme,
        epochs=order.terms.epochs,
        batch=order.terms.batch,
        seed=order.seed,
        device=order.device,
        changes=order.changes,
        network=network,
    )
    # only where it is so: requests from before tuning say nothing of it
    tuned = {"tuned": True} if order.tuned else {}
    return tuned | {
        "label": variant.label,
        "network": network.name,
        "chip": order.chip.name,
        "scheme_settings": variant.scheme.model_dump(mode="json"),
        "images": order.terms.images,
        "node_nm": order.terms.node_nm,
        "epochs": order.terms.epochs,
        **{
            f"training.{path}": value
            for path, value in settings.model_dump(mode="json", exclude=_FREE).items()
        },
        "inputs": inputs_of(network, order.chip, variant.scheme, settings, order.part_of(data))
        | first_inputs(order.terms.first),
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
    # Not measured.json: the next result overwrites it, and without its result nothing reads it.
    names = ("result.json", TRIAL, "checkpoint.json")
    for path in [*(folder / name for name in names), *folder.glob("arrays-*.npz")]:
        path.unlink(missing_ok=True)


def _result_of(order: Order) -> str:
    """The file that an order leaves when it is done."""
    return "result.json" if order.trial is None else TRIAL


def _stored(order: Order) -> dict[str, Any]:
    """The document that a finished order left."""
    assert order.folder is not None
    if order.trial is None:
        return Result.load(order.folder).to_dict()
    return read_trial(order.folder / TRIAL)


def read_trial(path: Path) -> dict[str, Any]:
    """The checked document of a trial. Raises InputError where it cannot be read or was damaged."""
    document = read_stored(path, "trial", "trial").document
    check_form(document, TRIAL_FORM, str(path))
    return document


def _finished(order: Order, request: dict[str, Any]) -> bool:
    """Whether an order's folder holds the result of this request. Raises InputError where it was
    begun with other options; more epochs than before go on from its checkpoint."""
    folder = order.folder
    assert folder is not None
    before = _before(folder)
    if before is None:
        return False
    changed = [key for key in request if before.get(key) != request[key]]
    longer = (
        # More epochs go on from the checkpoint. Fewer can't be had from a longer training.
        changed == ["epochs"]
        and isinstance(before.get("epochs"), int)
        and before["epochs"] < request["epochs"]
    )
    # The user asked for more trials only; that these changed the settings isn't theirs to mend.
    if changed and order.tuned and before.get("tuned"):
        _clear(folder)  # more trials have chosen other settings
        return False
    if changed and not longer:
        raise InputError(
            f"the folder was begun with other settings ({', '.join(changed)})",
            where=str(folder),
            got={key: before.get(key) for key in changed},
            allowed=str({key: request[key] for key in changed}),
            hint="choose another folder",
        )
    # The request is written before the training, so it alone proves nothing.
    return not changed and (folder / _result_of(order)).exists()
