"""Network in; mm2, uW, cycles out: the one call that goes through trace, placement, SoC, ledger and
prices.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from archsim.basics.call_options import read_options, shows_options
from archsim.basics.collector import collector_paused
from archsim.chip.unused import unused_notes, unused_settings
from archsim.readers.call_types import takes_its_types
from archsim.run.options import SimulationOptions, SimulationWords
from archsim.run.prepared_run import PreparedRun, build_for
from archsim.run.result import Result
from archsim.run.run_facts import RunFacts, timed_facts, untimed_facts
from archsim.schemes import load_scheme
from archsim.soc.riders import ENGINES
from archsim.soc.setup import setup_facts
from archsim.trace import Trace
from hwlib.errors import InputError, unknown
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.run.prepared_run import SchemeLike
    from archsim.schemes.base import Scheme


@takes_its_types("network", "chip")
@shows_options(SimulationOptions)
@collector_paused()
def simulate(
    network: str | Path | Network | Trace,
    chip: str | Path | Architecture | None = None,
    scheme: str | Scheme | None = None,
    phase: str = "inference",
    batch: int = 1,
    images: int | None = None,
    node_nm: float | None = None,
    **options: Unpack[SimulationWords],
) -> Result:
    """Simulate an inference or a training step and price it.

    Args:
        network: a name, a path (TOML, ONNX, layer table, recorded trace), a `Network` or a `Trace`,
            which brings scheme, phase and batch with it.
        chip: a name, a path or an `Architecture`; None for the one that a trace was recorded on,
            else the scheme's own in training (rpu for rpu), else cores40.
        scheme: the update rule of a training step.
        phase: "inference" or "training"; of a network that keeps keys and values "prefill", which
            reads all tokens, or "decode", which makes one behind those that
            `network.decoding(cache=N)` has, without that behind all but one of the file's.
        batch: images of a training step.
        images: images that go through; None for one batch.
        node_nm: node of the prices in nm; None for the chip's own. Cycles and clock stay.
        seed: of everything random.
        timing: False counts and prices without events, in milliseconds.
        engine: what runs the events: "simpy", which says what they are; "compiled", which does the
            same in machine code; "auto" takes the second where the run is longer than loading it.
            The result names it as `engine`.
        setup: False leaves out what a training needs once, before its first image.
        data: "random", images (N, *input shape) or a dict of arrays: real values go through the
            tiles' physics, and the result has `outputs` and, from a plain NumPy forward pass,
            `reference_outputs`, both (images, *output shape).
        observers: watch the events (`archsim.soc.observers`).
        progress: gets (steps done, steps in all).
        activity: a .csv or .json file of measured activity by layer and phase, in place of the
            assumed means.
        device: with real data, the preset, law or file of the devices that hold the weights; None
            for exact ones.
        device_settings: changes of its parameters ({"retention_s": 1e6}).
        at: seconds between programming and reading them.

    Returns:
        the `Result`.

    Raises:
        InputError: for anything wrong in the input.
        RuntimeError: where the simulation lost work.
    """
    chosen = read_options(SimulationOptions, options, simulate)
    _check_options(chosen)
    aged: list[str] = []
    if chosen.device is not None or chosen.at or chosen.device_settings:
        from archsim.run.held import chip_with_holder, holder_of

        holder = holder_of(chosen)
        if holder is not None:
            chip, aged = chip_with_holder(chip, holder)
    prepared = build_for(network, chip, scheme, phase, batch, images, node_nm, chosen.activity)
    built = prepared.built
    if chosen.timing:
        built.check_time()  # before the events, which would never end
        run = timed_facts(prepared.built, prepared.network, chosen)
    else:
        run = untimed_facts(built, chosen.seed)
    unused = unused_settings(
        built, timed=chosen.timing, data=chosen.data is not None, network=prepared.network
    )
    if chosen.device_settings:
        from archsim.run.held import idle_settings

        unused |= idle_settings(chosen.device_settings)
    facts: RunFacts = {
        **run.facts,
        "notes": [
            *_idle_rule(scheme, prepared),
            *aged,
            *prepared.notes,
            *run.facts["notes"],
            *unused_notes(unused),
        ],
    }
    once = setup_facts(built, chosen.timing, chosen.engine) if chosen.setup else None
    result = Result.from_run(facts, built.parts, run.ledger, once)
    result.document["unused"] = sorted(unused)
    result.document["engine"] = run.engine
    if run.values is None:
        return result
    return Result(result.document, run.values.finish(), run.values.reference)


def _check_options(chosen: SimulationOptions) -> None:
    """Refuse options that contradict each other, and words that mean nothing."""
    if chosen.activity is not None and chosen.data is not None:
        raise InputError(
            "real data measure the activity themselves", where="activity", got=str(chosen.activity)
        )
    if chosen.engine not in ENGINES:
        raise unknown("engine", chosen.engine, ENGINES, where="engine")
    if chosen.timing:
        return
    if chosen.engine != "auto":
        raise InputError("nothing happens in time", where="engine", got=chosen.engine)
    if chosen.data is not None or chosen.observers:
        raise InputError(
            "real data and observers need the event simulation", where="timing", got=False
        )


def _idle_rule(scheme: SchemeLike, prepared: PreparedRun) -> list[str]:
    """A note where an update rule is named and this phase has no update."""
    trace = prepared.built.trace
    if scheme is None or trace.scheme or prepared.network is None:
        return []
    name = load_scheme(scheme).name
    return [f"the update rule {name} is not used: the phase is {trace.phase}, not training"]
