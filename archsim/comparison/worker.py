"""One scheme of a comparison, trained and priced: what runs in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archsim.basics.files import write_files
from archsim.basics.folders import hold
from archsim.comparison.scheme_row import images_per_second
from archsim.comparison.terms import Terms
from archsim.comparison.variants import Variant
from archsim.readers.digest import seal
from archsim.readers.versions import versioned
from archsim.schemes.own_file import take_over
from hwlib.errors import InputError
from workloads.datasets import Dataset, load_dataset

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.run.trained import Training
    from archsim.schemes.base import Scheme
    from archsim.trace import Trace
    from workloads.network import Network

CHECKPOINT_IMAGES = 5000  # what a kill costs at most; no result depends on it
TRIAL = "trial.json"
MEASURED = "measured.json"
_WIDTH = 512  # letters of a mark
_OTHER_GONE = 10.0  # seconds for the worker of a killed comparison to notice


@dataclass(frozen=True)
class Order:
    """One training that a scheme is asked for. `variant` has the settings that tuning chose
    (`tuned`), or those of the `trial` of that number (`settings`); `folder` holds its checkpoint,
    from which it goes on, and its result; None keeps nothing.
    """

    variant: Variant
    network: Network
    chip: Architecture
    data: str | Path | Dataset
    terms: Terms
    seed: int
    folder: Path | None
    trial: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: bool = False

    @property
    def label(self) -> str:
        """The scheme, and which of its trainings this is."""
        if self.trial is not None:
            return f"{self.variant.label}, trial {self.trial + 1} of {self.terms.trials}"
        return self.variant.label + (f", seed {self.seed}" if self.terms.seeds > 1 else "")

    @property
    def device(self) -> str | None:
        """The device that the variant names, else that of all schemes on arrays; None for its own."""
        if self.variant.device is not None or self.variant.scheme.digital_baseline:
            return self.variant.device
        return self.terms.device

    def dataset(self) -> Dataset:
        """What it is trained on and judged by: of a trial a part of the training set."""
        return self.part_of(load_dataset(self.data))

    def part_of(self, whole: Dataset) -> Dataset:
        """What of the whole data it sees."""
        part = whole.first(train=self.terms.images)
        if self.trial is None:
            return part
        assert self.terms.split is not None, "a trial has a split"
        return self.terms.split.of(part)

    @property
    def changes(self) -> dict[str, Any]:
        """Changes of the training settings: what was asked of all schemes goes before what a
        variant names.
        """
        own = {"checkpoint_images": CHECKPOINT_IMAGES, **self.variant.training}
        rate = self.terms.rate
        return own if rate is None else own | {"learning_rate": rate}


@dataclass(frozen=True)
class Outcome:
    """How it ended. `kind`: done with a document; refused (the chip or the network cannot) or lost
    (a fault) with a reason; interrupted. `trace` is that of a training whose result is not kept yet.
    """

    kind: Literal["done", "refused", "lost", "interrupted"]
    document: dict[str, Any] | None = None
    reason: str = ""
    trace: Trace | None = None


def run_scheme(
    order: Order, watch: Callable[[dict], None] | None = None, away: bool = False
) -> Outcome:
    """Train and price one scheme in this process. Faults are outcomes: they cost this scheme only.

    Args:
        order: what to train.
        watch: gets the dicts of the training core.
        away: the outcome is kept elsewhere, so it comes with its trace.
    """
    from archsim.run.training_and_silicon import train

    try:
        with (
            # A comparison that was killed leaves workers that end at their next question; the new
            # one must not write beside them.
            hold(order.folder, "training", wait_s=_OTHER_GONE, around=True)
            if order.folder is not None
            else contextlib.nullcontext()
        ):
            resume = order.folder is not None and (order.folder / "checkpoint.json").exists()
            trained = train(
                order.network,
                order.chip,
                order.dataset(),
                order.variant.scheme,
                epochs=order.terms.epochs,
                batch=order.terms.batch,
                seed=order.seed,
                device=order.device,
                settings=order.changes,
                folder=order.folder,
                resume=resume,
                node_nm=order.terms.node_nm,
                weights=order.terms.first,
                watch=watch,
            )
            # The core returns where it was asked to stop, with a checkpoint.
            if not trained.finished:
                return Outcome("interrupted")
            trace = trained.trace if order.trial is None else None
            outcome = Outcome("done", _document_of(order, trained), trace=trace)
            return outcome if away else keep_outcome(order, outcome)
    # That this chip can't hold this scheme is an answer of the comparison and not its end.
    except InputError as error:
        return Outcome("refused", reason=error.message)
    except KeyboardInterrupt:
        return Outcome("interrupted")
    # of this scheme only; the comparison reports it as an internal fault
    except Exception as error:
        if os.environ.get("ARCHSIM_TRACEBACK") == "1":
            traceback.print_exc()
        return Outcome("lost", reason=f"internal fault: {type(error).__name__}: {error}")


def keep_outcome(order: Order, outcome: Outcome) -> Outcome:
    """Store what a finished training gave, at once and whole; nothing where its order has no folder.

    Args:
        order: whose folder it is.
        outcome: done with its trace, or anything else, of which nothing is kept.

    Returns:
        the outcome as a comparison needs it: without its trace.
    """
    document = outcome.document
    folder = order.folder
    if document is None or folder is None:
        return replace(outcome, trace=None)
    if order.trial is not None:
        # One number is all that tuning asks of a trial; a price of a part of the images would
        # mislead.
        text = json.dumps(seal(versioned("trial", document)), indent=1) + "\n"
        write_files(folder, {TRIAL: text})
        # what an interrupted trial goes on from is of no more use
        for path in [folder / "checkpoint.json", *folder.glob("arrays-*.npz")]:
            path.unlink(missing_ok=True)
        return outcome
    from archsim.run.result import Result
    from archsim.trace import save_trace

    assert outcome.trace is not None, "a finished training has a trace"
    save_trace(outcome.trace, folder / MEASURED)
    # By its bare name, for the folder may be moved.
    document["activity_file"] = MEASURED
    # After the trace, since a result that is there counts as finished.
    Result(document).save(folder)
    return replace(outcome, trace=None)


def _document_of(order: Order, trained: Training) -> dict[str, Any]:
    if order.trial is not None:
        return {"validation_accuracy_percent": trained.accuracy_percent}
    document = trained.result.document
    document["label"] = order.variant.label
    document["scheme_title"] = type(order.variant.scheme).title
    document["scheme_settings"] = order.variant.scheme.model_dump(mode="json")
    document["extra_memory_bits"] = float(
        sum(trained.trace.state_words.values()) * trained.chip.vector_unit.word_bits
    )
    document["images_per_second"] = images_per_second(trained.epochs)
    return document


def start_worker(
    scheme_files: Sequence[str], scheme_classes: Sequence[tuple[type[Scheme], str]]
) -> None:
    """Prepare a process of its own: it knows the user's schemes, and Ctrl-C reaches it only where a
    training can save what it has.
    """
    # A terminal sends Ctrl-C to the whole group, and a worker torn out of its step would lose more
    # than one that ends at a checkpoint.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    take_over(scheme_files, scheme_classes)


def run_marked(order: Order, mark: str, stop: str) -> Outcome:
    """`run_scheme` in a worker: writes where it is into the file `mark`, and ends at a checkpoint
    soon after the file `stop` is there.
    """
    handle = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def watch(now: dict) -> None:
        # of one length and in one write, so that a reader never sees two halves
        os.pwrite(handle, json.dumps(now).ljust(_WIDTH).encode(), 0)
        if os.path.exists(stop):
            signal.raise_signal(signal.SIGINT)  # the training loop's own question whether to stop

    try:
        watch({})
        return run_scheme(order, watch)
    finally:
        os.close(handle)


def read_mark(path: str) -> dict[str, Any]:
    """Where a worker is: the dict of the training core, empty before it begins."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
