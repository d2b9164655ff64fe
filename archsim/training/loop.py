"""The verb of a training on its arrays, with a clean end on Ctrl-C; `epochs` is what it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, Unpack

from archsim.basics.processes import interruptible
from archsim.training.data import prepare
from archsim.training.epochs import Epochs
from archsim.training.first_state import FirstWeights
from archsim.training.result import TrainingResult as TrainingResult
from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError
from workloads.network import Network


class Ends(TypedDict, total=False):
    """What ends a training before its last epoch, and weights that it begins with."""

    early_stop: int | None
    stop_after: int | None
    first: FirstWeights | None


def train(
    network: Network,
    data: Any,
    settings: TrainingSettings,
    *,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[dict], None] | None = None,
    inputs: dict[str, Any] | None = None,
    **ends: Unpack[Ends],
) -> TrainingResult:
    """Train `network` on `data` (train_images (N, ...) float32 in [0, 1], train_labels,
    test_images, test_labels, name, classes).

    `folder` keeps checkpoints, `resume` goes on from the one there; the result has the bits of an
    uninterrupted run. `early_stop`: end after that many epochs without a lower test error.
    `stop_after`: end after that many images in all. `progress` gets a dict several times a second:
    epoch, epochs, images, images_per_epoch, running_error_percent, images_per_second,
    images_per_cpu_second. `inputs` (see `training.inputs`) stand in every checkpoint, and one with
    others is refused. `first`: weights
    to begin with. Raises InputError.
    """
    prepared = prepare(network, data)
    early_stop = ends.get("early_stop")
    stop_after = ends.get("stop_after")
    for name, value in (("early_stop", early_stop), ("stop_after", stop_after)):
        if value is not None and value < 1:
            raise InputError("must be at least 1", where=name, got=value)
    if resume and folder is None:
        raise InputError("resuming needs the folder of the checkpoint", where="folder")
    run = Epochs(
        network,
        prepared,
        settings,
        Path(folder) if folder is not None else None,
        progress,
        inputs,
        ends.get("first"),
    )
    if resume:
        run.restore()
    # Ctrl-C sets a flag: it is looked at between spans, where a checkpoint is whole.
    with interruptible() as asked:
        return run.train(early_stop, stop_after, asked)
