"""Values of a network in memory, for a network that leaves its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workloads.network import Network

if TYPE_CHECKING:
    import numpy as np

    Values = Mapping[str, Mapping[str, np.ndarray]]


@dataclass(frozen=True, slots=True)
class HeldTensors:
    """The values of a network when it was read, in memory; by layer and role."""

    values: Values = field(repr=False)

    def read(self) -> Values:
        """See `workloads.network.Tensors`."""
        return self.values


def with_held_tensors(network: Network) -> Network:
    """The network with the values of its file in memory, so that no file is read where it goes. Raises
    InputError for a file that has changed or gone.
    """
    if network.tensors is None or isinstance(network.tensors, HeldTensors):
        return network
    return replace(network, tensors=HeldTensors(network.tensors.read()))
