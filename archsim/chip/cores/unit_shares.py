"""What a core does of a step of one copy of an operation, as records of shares."""

from __future__ import annotations

from typing import NamedTuple


class CoreShare(NamedTuple):
    """What a core does of one step, as shares of the whole step.

    `inputs` of the input values go to its tiles, which give `partials` of all partial sums (outputs
    times row splits). Where a chain adds them, `ends` of the outputs leave its tiles. `inner` and
    `outer` are additions for each output of the step: of sums of its own tiles, and of sums that come
    from other cores. `outputs` of the results are finished here. A column of tiles has at most
    `depth` here.
    """

    core: int
    inputs: float
    partials: float
    ends: float
    inner: float
    outer: float
    outputs: float
    depth: int


class InputGroup(NamedTuple):
    """A share of the input values that goes to the same cores."""

    cores: tuple[int, ...]
    share: float


class Exchange(NamedTuple):
    """A share of the outputs whose sums go from a core to the one that finishes them."""

    source: int
    target: int
    share: float


class UnitShares(NamedTuple):
    """One copy of an operation on its cores; `columns` is how many outputs a step has of a tile at
    most, as a share of the outputs."""

    cores: tuple[CoreShare, ...]
    groups: tuple[InputGroup, ...]
    exchanges: tuple[Exchange, ...]
    columns: float
