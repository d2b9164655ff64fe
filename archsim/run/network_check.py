"""What `archsim.check` says of a network: its layers, what is not taken, what was assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from hwlib.text import html_table


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """One layer.

    Args:
        layer: its name.
        operator: what it computes.
        macs: multiply-accumulates an image: of its array, or of a product of two activations.
        weights: its own weights on arrays, without biases.
        on_array: whether its weights sit on crossbars.
        trains: whether `train` has a kernel for it.
        carries_data: whether real data can go through it.
        counted_as: the operator whose cost it has; None for what is not supported.
    """

    layer: str
    operator: str
    macs: int
    weights: int
    on_array: bool
    trains: bool
    carries_data: bool
    counted_as: str | None

    @property
    def verdict(self) -> str:
        """The most that can be done with the layer, in a word or two."""
        if self.counted_as is None:
            return "not supported"
        if self.operator == "input":
            return ""
        words = [
            word
            for word, can in (("trains", self.trains), ("carries data", self.carries_data))
            if can
        ]
        return ", ".join(words) or "priced only"


@dataclass(frozen=True, slots=True)
class UnsupportedNode:
    """A node of a file that is not taken: where it stands, its operator, and what to do."""

    node: str
    operator: str
    hint: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """What was taken where the file leaves something open. `option` overrules it; None where none
    does.
    """

    what: str
    value: str | int | None
    option: str | None


@dataclass(frozen=True)
class NetworkCheck:
    """What `archsim.check` says of a network.

    Args:
        network: its name.
        layers: what each layer is and can do.
        unsupported: every node that is not taken.
        assumptions: everything that was assumed.
        without_values: why no real data can go through it, beside single layers.
        untrained: layers that do not train, and what they are.
        unreached: nodes behind one that is not taken, of which nothing can be said.
    """

    network: str
    layers: tuple[LayerCheck, ...]
    unsupported: tuple[UnsupportedNode, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    without_values: tuple[str, ...] = ()
    untrained: Mapping[str, str] = field(default_factory=dict)
    unreached: int = 0

    @property
    def macs(self) -> int:
        """Multiply-accumulates an image, on arrays and between activations."""
        return sum(row.macs for row in self.layers)

    @property
    def weights(self) -> int:
        """Weights on arrays; a matrix that several layers read counts once."""
        return sum(row.weights for row in self.layers)

    @property
    def loads(self) -> bool:
        """Whether the network can be priced."""
        return not self.unsupported

    @property
    def trains(self) -> bool:
        """Whether `archsim train` has a kernel for every layer."""
        return self.loads and not self.untrained

    @property
    def carries_data(self) -> bool:
        """Whether real data can go through every layer."""
        able = all(row.carries_data for row in self.layers)
        return self.loads and able and not self.without_values

    def to_dict(self) -> dict[str, Any]:
        """The document that `archsim check --json` prints."""
        return {
            "network": self.network,
            "macs": self.macs,
            "weights": self.weights,
            "loads": self.loads,
            "trains": self.trains,
            "carries_data": self.carries_data,
            "layers": [asdict(row) for row in self.layers],
            "unsupported": [asdict(node) for node in self.unsupported],
            "unreached": self.unreached,
            "assumptions": [asdict(item) for item in self.assumptions],
            "without_values": list(self.without_values),
            "untrained": dict(self.untrained),
        }

    def __repr__(self) -> str:
        return f"NetworkCheck({self.network}: {self.summary})"

    @property
    def summary(self) -> str:
        """One line: what can be done with the network."""
        if not self.loads:
            nodes = len(self.unsupported)
            return f"{nodes} {'node is' if nodes == 1 else 'nodes are'} not supported"
        train = "trains" if self.trains else "does not train"
        return f"is priced, {train}, {'carries' if self.carries_data else 'does not carry'} data"

    def _repr_html_(self) -> str:
        rows = [
            (
                row.layer,
                row.operator,
                f"{row.macs:,}" if row.macs else "",
                f"{row.weights:,}" if row.weights else "",
                row.verdict,
            )
            for row in self.layers
        ]
        heads = ("layer", "operator", "multiply-accumulates an image", "weights", "")
        notes = [f"{item.node}: {item.hint}" for item in self.unsupported]
        notes += [item.what for item in self.assumptions]
        told = "".join(f"<p>{escape(text)}</p>" for text in notes)
        return f"<p><b>{escape(repr(self))}</b></p>{html_table(heads, rows)}{told}"
