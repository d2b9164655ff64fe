"""Settings of a training that came whole, completed by the chip where they name nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archsim.schemes.base import Scheme
from archsim.training.chip_devices import chip_with_devices as chip_with_devices
from archsim.training.chip_generators import generators_of, makes_trains
from archsim.training.core_kinds import cores_of_layers, kinds_of_network
from archsim.training.placed_tiles import tiles_of
from archsim.training.sections import DigitalSettings, LayerCores, LayerTiles
from archsim.training.settings import TrainingSettings

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from workloads.network import Network


def digital_of(chip: Architecture) -> dict[str, Any]:
    """Arithmetic of a chip, as training.settings.DigitalSettings names it."""
    lane = chip.vector_unit
    return {"format": lane.format, "rounding": lane.rounding, "value_bits": chip.read.output_bits}


def completed_by_chip(
    settings: TrainingSettings, chip: Architecture, network: Network | None, scheme: Scheme
) -> TrainingSettings:
    """Settings that came whole, with the arithmetic, the generators of pulse trains and the tiles of
    the chip where they name none.
    """
    generators = generators_of(chip)
    # All or none: half of the chip's generator and half of somebody's own would be none that
    # exists.
    if makes_trains(scheme, chip) and not set(generators) & settings.update.model_fields_set:
        update = settings.update.model_copy(update=generators)
        settings = settings.model_copy(update={"update": update})
    if settings.rule != "float" and "digital" not in settings.model_fields_set:
        digital = DigitalSettings(**digital_of(chip))
        settings = settings.model_copy(update={"digital": digital})
    return _on_tiles(settings, chip, network, scheme)


def _on_tiles(
    settings: TrainingSettings, chip: Architecture, network: Network | None, scheme: Scheme
) -> TrainingSettings:
    """Settings that came whole, with the tiles and the cores of the chip where they name none."""
    if network is None or settings.rule == "float":
        return settings
    kinds = kinds_of_network(chip, network, scheme)
    placed: dict[str, Any] = {}
    if "tiles" not in settings.model_fields_set:
        tiles = tiles_of(chip, network, kinds)
        placed["tiles"] = {name: LayerTiles(**own) for name, own in tiles.items()}
    if kinds and "cores" not in settings.model_fields_set:
        # converters that came whole are those of all layers, and so is a device
        whole = settings.model_fields_set
        cores = cores_of_layers(chip, kinds, network, own_devices="device" not in whole)
        named = {} if "read" not in whole else dict.fromkeys(("output_bits", "slot_bits"))
        placed["cores"] = {
            name: LayerCores(**{key: value for key, value in own.items() if key not in named})
            for name, own in cores.items()
        }
    return settings.model_copy(update=placed) if placed else settings
