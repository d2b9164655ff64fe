"""Networks that people bring, as PyTorch modules: real architectures with random weights, narrow and
shallow so that a laptop exports all of them.

Each file of this folder has functions without arguments, one a network; each gives the module and
a tuple of example inputs with a batch of one. `NETWORKS` names them in the order of the table that
`python -m docs.from_code.measure_imports` writes. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docs.from_code.zoo import (
    attending,
    convolutional,
    dense,
    images,
    language,
    mixed,
    sequences,
    speech,
)

Maker = Callable[[], tuple[Any, tuple[Any, ...]]]
ROOMS = (convolutional, dense, sequences, language, images, speech, mixed, attending)
NETWORKS: dict[str, Maker] = {
    name: maker for room in ROOMS for name, maker in room.NETWORKS.items()
}
