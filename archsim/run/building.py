"""A network on a chip before anything runs: what is on it, what it costs, what is assumed; and the
verbs that go on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from archsim.chip.built import BuiltChip
from archsim.readers.call_types import takes_its_types
from archsim.run.inference_options import InferenceWords
from archsim.run.options import BuiltTrainingWords, SimulationWords
from archsim.run.prepared_run import build_for
from archsim.run.result import Result
from archsim.run.simulation import simulate
from hwlib.errors import InputError
from hwlib.text import html_table

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.exploration.sweep import Sweep
    from archsim.run.prepared_run import ChipLike, NetworkLike, SchemeLike
    from archsim.run.trained import Training
    from archsim.schemes.base import Scheme
    from archsim.trace import Trace
    from workloads.datasets import Dataset
    from workloads.network import Network


class BuildCall(NamedTuple):
    """The words of a call of `build`, in the order in which `simulate` takes them too."""

    network: NetworkLike
    chip: ChipLike
    scheme: SchemeLike
    phase: str
    batch: int
    images: int | None
    node_nm: float | None


@dataclass(frozen=True, repr=False)
class Build:
    """One network, chip and update rule, built and checked by `archsim.build`.

    `built` is the record that run, training, sweep and re-pricing start from; `price` what it costs
    without a simulation.
    """

    network: Network | None
    built: BuiltChip
    asked: BuildCall = field(repr=False)
    """The words of the call, for the verbs that go on from here."""

    @cached_property
    def price(self) -> Result:
        """Area, and the energy of the counted actions: no events, so no time, leakage or clock
        tree.
        """
        # By the words of the call, as a run begins: this is that run without its events.
        return simulate(*self.asked, timing=False)

    @property
    def tiles(self) -> int:
        """Crossbar tiles that the placement takes."""
        return self.built.placement.tiles

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the components on the chip."""
        return tuple(component.name for component in self.built.parts)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What a reader of the numbers has to know, with what overrules it where something does."""
        return self.built.assumptions

    @property
    def missing(self) -> tuple[str, ...]:
        """Roles that this step asks for and that the chip says to be without."""
        return self.built.missing

    def run(self, **options: Unpack[SimulationWords]) -> Result:
        """Simulate it: `archsim.simulate` with the same words.

        Args:
            options: seed, timing, engine, setup, data, observers, progress, activity, as of `simulate`.

        Returns:
            the `Result`.

        Raises:
            InputError: for anything wrong in the options.
        """
        return simulate(*self.asked, **options)

    def train(self, **options: Unpack[BuiltTrainingWords]) -> Training:
        """Train it: `archsim.train` on this network, chip and update rule.

        Args:
            options: data, epochs, seed, device, settings, folder, ..., as of `train`; the batch is
                that of the build, unless one is named.

        Returns:
            the `Training`.

        Raises:
            InputError: for an inference, for a trace, and for anything wrong in the options.
        """
        from archsim.run.training_and_silicon import train

        if self.network is None or self.built.rule is None:
            raise InputError(
                "only a network with an update rule can be trained",
                where="build",
                got=self.built.trace.phase,
                hint='build(network, chip, scheme="rpu", phase="training")',
            )
        # What the caller says goes before what was built.
        words: BuiltTrainingWords = {"batch": self.built.trace.batch, **options}
        return train(self.network, self.built.chip, scheme=self.built.rule, **words)

    @takes_its_types()
    def infer(
        self, data: str | Path | Dataset = "digits", **options: Unpack[InferenceWords]
    ) -> Result:
        """Test trained weights on it: `archsim.infer` on this network and chip.

        Args:
            data: a data set by name, an .npz file, or a `Dataset`; its test images are tested.
            options: weights, device, at, seeds, images, calibration, ..., as of `infer`; the node is
                that of the build, unless one is named.

        Returns:
            the `Result` of one image's inference, with the accuracy.

        Raises:
            InputError: for a recorded trace, and as `infer` does.
        """
        from archsim.run.inference import infer

        if self.network is None:
            raise InputError(
                "a recorded trace has no network to infer with",
                where="build",
                got=self.built.trace.phase,
                hint="build(network, chip)",
            )
        words: InferenceWords = {"node_nm": self.asked.node_nm, **options}
        return infer(self.network, self.built.chip, data, **words)

    @takes_its_types()
    def sweep(
        self,
        axes: Mapping[str, Any],
        objectives: Mapping[str, str],
        jobs: int = 1,
        out: str | Path | None = None,
        **entries: Any,
    ) -> Sweep:
        """Explore around it: `archsim.explore` with this network, chip, update rule and phase.

        Args:
            axes: values by field ({"tile.rows": [64, 128]}), as in a space file.
            objectives: "minimise" or "maximise" by metric.
            jobs: processes.
            out: folder of the store; None for a temporary one.
            entries: further entries of a space (rungs, sampler, constraints, derived, ...).

        Returns:
            the `Sweep`.

        Raises:
            InputError: for a wrong entry, and for a chip or network that no file or name stands
                for: workers read it again.
        """
        import archsim  # the public verb: sweeps stand above this room and start from here

        asked = {
            "network": self.asked.network,
            "chip": self.asked.chip,
            "scheme": self.asked.scheme,
        }
        words = {key: word for key, word in asked.items() if word is not None}
        for key, word in words.items():
            # A sweep writes down what it was asked and may go on in another process, so it needs a
            # name and not an object.
            if not isinstance(word, str | Path):
                raise InputError(
                    "a sweep takes a name or a path", where=key, got=type(word).__name__
                )
        space = {
            "schema": 1,
            "name": "build",
            "network": str(words["network"]),
            "phase": self.built.trace.phase,
            "batch": self.built.trace.batch,
            "axes": dict(axes),
            "objectives": dict(objectives),
            **entries,
        }
        space |= {"architecture": str(words["chip"])} if "chip" in words else {}
        space |= {"scheme": str(words["scheme"])} if "scheme" in words else {}
        # By the package, for explore's own imports lead back here.
        return archsim.explore(space, jobs=jobs, out=out)

    def __repr__(self) -> str:
        trace = self.built.trace
        chip = self.built.chip
        rule = f", {trace.scheme}" if trace.scheme else ""
        return (
            f"Build({trace.network} on {chip.name}, {trace.phase}{rule}: {self.tiles} tiles, "
            f"{self.price.area_mm2:.4g} mm²)"
        )

    def _repr_html_(self) -> str:
        layers = [
            (name, f"{layer.rows} × {layer.columns}", len(set(layer.tiles)), layer.copies)
            for name, layer in self.built.placement.layers.items()
        ]
        rows = self.price.rows("component")
        parts = [
            (
                row["component"],
                row["part"],
                f"{row['count']:g}",
                f"{row['area_mm2']:.4g}",
                f"{1e9 * row['energy_j']:.4g}",
            )
            # Largest first: a notebook shows dozens of parts, and few of them matter.
            for row in sorted(rows, key=lambda row: -row["area_mm2"])
        ]
        return (
            f"<p><b>{escape(repr(self))}</b></p>"
            + html_table(("layer", "matrix", "tiles", "copies"), layers)
            + html_table(("component", "part", "count", "area, mm²", "energy, nJ"), parts)
            + "".join(f"<p>{escape(text)}</p>" for text in self.assumptions)
        )


@takes_its_types("network", "chip")
def build(
    network: str | Path | Network | Trace,
    chip: str | Path | Architecture | None = None,
    scheme: str | Scheme | None = None,
    phase: str = "inference",
    batch: int = 1,
    images: int | None = None,
    node_nm: float | None = None,
) -> Build:
    """Put a network on a chip and check everything, before anything runs.

    Args:
        network: a built-in name, a path (TOML, ONNX, layer table, recorded trace), a `Network` or a
            `Trace`.
        chip: a name, a path or an `Architecture`; None for the one that a trace was recorded on,
            else the scheme's own in training (rpu for rpu), else cores40.
        scheme: the update rule of a training step.
        phase: "inference" or "training".
        batch: images of a training step.
        images: images that go through; None for one batch.
        node_nm: node of the prices in nm; None for the chip's own.

    Returns:
        the `Build`: tiles, parts, price, assumptions, and `.run()`, `.train()`, `.sweep()`.

    Raises:
        InputError: for the first thing that does not fit, with the field and what it allows.
    """
    asked = BuildCall(network, chip, scheme, phase, batch, images, node_nm)
    prepared = build_for(*asked)
    return Build(prepared.network, prepared.built, asked)
