"""A training before its first image: the chip with its devices, the update rule, the settings, the
step that is priced. The verb `train` and a module of PyTorch on a chip begin here alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.chip.kind_chips import devices_of_kinds
from archsim.chip.of_device import chip_of_devices
from archsim.run.constant_operands import note_of_constants, note_of_dropout
from archsim.run.step_time import with_clock
from archsim.run.step_trace import step_trace
from archsim.training.settings import TrainingSettings, device_of
from archsim.training.setup import chip_with_devices, settings_of, silicon_scheme

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.trace import Trace
    from workloads.network import Network


@dataclass(frozen=True)
class TrainingTerms:
    """What a user says of a training.

    Args:
        epochs: times through the data.
        batch: images of a step; None for what the scheme suggests.
        seed: of everything random.
        device: a preset, a law or a file; None for the chip's.
        changes: of the settings, by the path of their fields, or all settings.
    """

    epochs: int = 1
    batch: int | None = None
    seed: int = 0
    device: str | None = None
    changes: TrainingSettings | Mapping[str, Any] | None = None


class TrainingStart(NamedTuple):
    """The chip with the cells of its devices, the rule as silicon has it, the settings with the time
    of an image, the step that is priced, and what the chip leaves open.
    """

    chip: Architecture
    scheme: Scheme
    settings: TrainingSettings
    trace: Trace
    notes: list[str]


def training_start(
    network: Network, chip: Architecture, scheme: Scheme, terms: TrainingTerms
) -> TrainingStart:
    """Bring a network, a chip and an update rule together for a training.

    Args:
        network: that is trained.
        chip: as described.
        scheme: as named.
        terms: what the user says besides.

    Raises:
        InputError: for what does not go together.
    """
    chip, changes = chip_with_devices(chip, scheme, terms.changes, network)
    settings, notes = settings_of(
        chip,
        scheme,
        epochs=terms.epochs,
        batch=terms.batch,
        seed=terms.seed,
        device=terms.device,
        changes=changes,
        network=network,
    )
    scheme = silicon_scheme(scheme, settings)
    device = device_of(settings)
    named = {own.device for own in settings.cores.values()}
    of_kinds = {kind: own for kind, own in devices_of_kinds(chip).items() if own in named}
    chip, of_cell = chip_of_devices(chip, device, of_kinds)
    trace = step_trace(network, scheme, settings)
    settings, of_clock = with_clock(settings, trace, chip, scheme)
    notes += [*note_of_constants(network), *note_of_dropout(network), *of_cell, *of_clock]
    return TrainingStart(chip, scheme, settings, trace, notes)
