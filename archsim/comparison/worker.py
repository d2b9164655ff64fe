"""One scheme of a comparison, trained and priced: what runs in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archsim.basics.folders import hold
from archsim.comparison.document import images_per_second
from archsim.comparison.variants import Variant
from archsim.schemes.own_file import take_over
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.datasets import Dataset
    from workloads.network import Network

CHECKPOINT_IMAGES = 5000  # what a kill costs at most; no result depends on it
_WIDTH = 512  # letters of a mark
_OTHER_GONE = 10.0  # seconds for the worker of a killed comparison to notice


@dataclass(frozen=True)
class Order:
    """What one scheme is asked to do. `folder` holds its checkpoint, from which it goes on, and its
    result; None keeps nothing.
    """

    variant: Variant
    network: Network
    chip: Architecture
    data: str | Path | Dataset
    epochs: int
    batch: int | None
    rate: float | None
    images: int | None
    seed: int
    node_nm: float | None
    folder: Path | None

    @property
    def changes(self) -> dict[str, Any]:
        """Changes of the training settings: what was asked of all schemes goes before what a
        variant names.
        """
        own = {"checkpoint_images": CHECKPOINT_IMAGES, **self.variant.training}
        return own if self.rate is None else own | {"learning_rate": self.rate}


@dataclass(frozen=True)
class Outcome:
    """How it ended. `kind`: done with a document; refused (the chip or the network cannot) or lost
    (a fault) with a reason; interrupted.
    """

    kind: Literal["done", "refused", "lost", "interrupted"]
    document: dict[str, Any] | None = None
    reason: str = ""


def run_scheme(order: Order, watch: Callable[[dict], None] | None = None) -> Outcome:
    """Train and price one scheme in this process. Faults are outcomes: they cost this scheme only."""
    from archsim.run.training_and_silicon import train

    try:
        with (
            hold(order.folder, "training", wait_s=_OTHER_GONE, around=True)
            if order.folder is not None
            else contextlib.nullcontext()
        ):
            resume = order.folder is not None and (order.folder / "checkpoint.json").exists()
            trained = train(
                order.network,
                order.chip,
                order.data,
                order.variant.scheme,
                epochs=order.epochs,
                batch=order.batch,
                seed=order.seed,
                device=order.variant.device,
                settings=order.changes,
                images=order.images,
                folder=order.folder,
                resume=resume,
                node_nm=order.node_nm,
                watch=watch,
            )
            if not trained.finished:
                return Outcome("interrupted")
            return Outcome("done", _kept(order, trained))
    except InputError as error:
        return Outcome("refused", reason=error.message)
    except KeyboardInterrupt:
        return Outcome("interrupted")
    except (
        Exception
    ) as error:  # of this scheme only; the comparison reports it as an internal fault
        if os.environ.get("ARCHSIM_TRACEBACK") == "1":
            traceback.print_exc()
        return Outcome("lost", reason=f"internal fault: {type(error).__name__}: {error}")


def _kept(order: Order, trained: Any) -> dict[str, Any]:
    document = trained.result.document
    document["label"] = order.variant.label
    document["scheme_title"] = type(order.variant.scheme).title
    document["scheme_settings"] = order.variant.scheme.model_dump(mode="json")
    document["extra_memory_bits"] = float(
        sum(trained.trace.state_words.values()) * trained.chip.vector_unit.word_bits
    )
    document["images_per_second"] = images_per_second(trained.epochs)
    if order.folder is not None:
        from archsim.trace import save_trace

        save_trace(trained.trace, order.folder / "measured.json")
        document["activity_file"] = "measured.json"
        trained.result.save(order.folder)
    return document


def start_worker(
    scheme_files: Sequence[str], scheme_classes: Sequence[tuple[type[Scheme], str]]
) -> None:
    """Prepare a process of its own: it knows the user's schemes, and Ctrl-C reaches it only where a
    training can save what it has.
    """
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
