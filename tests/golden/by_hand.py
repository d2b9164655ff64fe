"""What a person reads off a layer of a network."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Array:
    """A layer on the array: `groups` matrices of `rows` x `columns`, and `vectors` of an image.

    `fresh` values of a vector are new; `outputs` leave for the buffer an image, after the digital
    layers behind; `work` and `back` are the vector unit's actions an image for those, forward and
    backward; `sums` those that add up errors of one value, each to one that is read; `mask` bits of an
    image that a training keeps for the way back; `first`: nothing below needs its error;
    `before`: values an image that come in.
    """

    name: str
    rows: int
    columns: int
    vectors: int
    fresh: int
    outputs: int
    before: int
    work: dict[str, float] = field(default_factory=dict)
    back: dict[str, float] = field(default_factory=dict)
    softmax: bool = False  # the last of `back` is the subtraction of a softmax from its target
    sums: int = 0
    mask: int = 0
    groups: int = 1
    bias: bool = False
    first: bool = False
    waits: bool = False  # an LSTM: a vector needs the result of the last

    @property
    def weights(self) -> int:
        return self.rows * self.columns * self.groups

    @property
    def trained(self) -> int:
        return self.weights + self.columns * self.groups * self.bias


@dataclass(frozen=True)
class Join:
    """A digital layer that stands alone: `lines` rows of its map, one a step."""

    name: str
    lines: int
    before: int
    outputs: int
    work: dict[str, float]
    back: dict[str, float]
    mask: int = 0
