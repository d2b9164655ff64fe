"""One description for accuracy and cost: the training settings that follow from a chip and an
update rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.chip.load import apply_setting, parse_setting
from archsim.schemes.base import Scheme
from archsim.training.chip_devices import chip_with_devices as chip_with_devices
from archsim.training.chip_devices import devices_per_weight, rule_of
from archsim.training.placed_tiles import tiles_of, with_slices
from archsim.training.settings import (
    CORE_RULES,
    GENERATOR_FIELDS,
    DigitalSettings,
    LayerTiles,
    TrainingSettings,
    device_of,
    read_settings,
)
from archsim.training.trainable import unbounded_layers
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from workloads.network import Network

_EXACT = {
    "input_bits": 0,
    "input_bound": 1e9,
    "output_bits": 0,
    "output_bound": 0.0,
    "output_noise": 0.0,
    "noise_management": "off",
    "bound_management": "off",
}
_WORDS = {
    "learning_rate": "learning rate",
    "batch": "mini-batch",
    "initial_scale": "scale of the first weights",
}


def settings_of(
    chip: Architecture,
    scheme: Scheme,
    *,
    epochs: int,
    batch: int | None,
    seed: int,
    device: str | None,
    changes: TrainingSettings | Mapping[str, Any] | None,
    network: Network | None = None,
) -> tuple[TrainingSettings, list[str]]:
    """Settings of a training on a chip, and notes on what the chip leaves open.

    From the chip: converter bits, read noise, output bound, noise and bound management, train
    length and cells a weight. `changes` maps field paths to values (texts are read as TOML), or is
    a whole TrainingSettings, which gets the tiles and the digital arithmetic of the chip where it
    names none. What the user leaves open (`batch` None) is
    what the scheme suggests (see `suggested_for`). Where `network` has activations above the
    arrays' full scale of 1 (ReLU), noise management scales the forward reads too. Raises
    InputError.
    """
    if isinstance(changes, TrainingSettings):
        return _on_chip(changes, chip, network, scheme), []
    chip, left = chip_with_devices(chip, scheme, changes, network)
    changes = {} if isinstance(left, TrainingSettings) else dict(left or {})
    rule = rule_of(scheme)
    values: dict[str, Any] = {"rule": rule, "epochs": epochs, "batch": batch or 1, "seed": seed}
    suggested = suggested_for(scheme, batch, changes)
    if rule not in CORE_RULES:
        values["scheme_settings"] = scheme.model_dump(exclude_defaults=True)
    values["read"], notes = _reads(chip, scheme, device, network)
    if network is not None and not scheme.digital_baseline:
        values["tiles"] = tiles_of(chip, network)
    values["digital"] = digital_of(chip)
    if rule not in CORE_RULES and not scheme.device and not scheme.digital_baseline:
        values["device"] = chip.weights.device
    if rule == "rpu":
        if scheme.device != device_of(TrainingSettings(rule="rpu")):
            values["device"] = scheme.device or chip.weights.device
        values |= {
            "update": {
                "train_length": chip.update.train_length,
                "update_management": scheme.model_dump()["update_management"],
            },
            "devices_per_weight": devices_per_weight(chip, network),
        }
    if _makes_trains(scheme, chip):
        values["update"] = values.get("update", {}) | _generators(chip)
    if device is not None:
        values["device"] = device
    if suggested:
        values |= suggested
        notes.append(_suggestion_note(scheme, suggested, _named_batch(batch, changes)))
    for path, value in changes.items():
        _refuse_tiles(path, value)
        keys, parsed = (
            parse_setting(f"{path}={value}") if isinstance(value, str) else (path.split("."), value)
        )
        _refuse_generators(keys)
        apply_setting(values, keys, parsed)
    if values["rule"] == "float" and values["digital"].get("format") != "fp32":
        # the core's own SGD knows float32 alone
        values |= {"rule": scheme.name, "scheme_settings": scheme.model_dump(exclude_defaults=True)}
    settings, told = with_slices(read_settings(values), chip)
    return settings, notes + told


def digital_of(chip: Architecture) -> dict[str, Any]:
    """Arithmetic of a chip, as training.settings.DigitalSettings names it."""
    lane = chip.vector_unit
    return {"format": lane.format, "rounding": lane.rounding, "value_bits": chip.read.output_bits}


def _on_chip(
    settings: TrainingSettings, chip: Architecture, network: Network | None, scheme: Scheme
) -> TrainingSettings:
    """Settings that came whole, with the arithmetic, the generators of pulse trains and the tiles of
    the chip where they name none.
    """
    generators = _generators(chip)
    if _makes_trains(scheme, chip) and not set(generators) & settings.update.model_fields_set:
        update = settings.update.model_copy(update=generators)
        settings = settings.model_copy(update={"update": update})
    if settings.rule != "float" and "digital" not in settings.model_fields_set:
        digital = DigitalSettings(**digital_of(chip))
        settings = settings.model_copy(update={"digital": digital})
    return _on_tiles(settings, chip, network)


def _on_tiles(
    settings: TrainingSettings, chip: Architecture, network: Network | None
) -> TrainingSettings:
    """Settings that came whole, with the tiles of the chip where they name none."""
    if network is None or settings.rule == "float" or "tiles" in settings.model_fields_set:
        return settings
    tiles = {name: LayerTiles(**tiles) for name, tiles in tiles_of(chip, network).items()}
    return settings.model_copy(update={"tiles": tiles})


def _refuse_tiles(path: str, value: Any) -> None:
    if path.split(".")[0] == "tiles":
        raise InputError(
            "the tiles that training reads are those that the chip places",
            where=f"training.{path}",
            got=value,
            hint="tile.rows and tile.columns are the settings of the chip",
        )


def _makes_trains(scheme: Scheme, chip: Architecture) -> bool:
    """Whether the scheme adds generators of pulse trains to the chip."""
    return "bitstream_generator" in scheme.parts(chip)


def _generators(chip: Architecture) -> dict[str, Any]:
    """The generators of the chip's pulse trains, as training.settings.UpdateSettings names them, as
    far as they act.
    """
    return {name: getattr(chip.bitstream, name) for name in generator_fields(chip)}


def generator_fields(chip: Architecture) -> tuple[str, ...]:
    """Fields of `bitstream` that a training with pulse trains reads."""
    if chip.bitstream.source == "ideal":
        return ("source",)
    block = ("bits_per_cycle",) if chip.bitstream.sharing == "chip" else ()
    return ("source", "resolution", "sharing", *block)


def _refuse_generators(keys: list[str]) -> None:
    """What makes the trains is what is priced: the chip says it."""
    if keys[0] == "update" and keys[-1] in GENERATOR_FIELDS:
        raise InputError(
            "the generators of pulse trains are the chip's",
            where=f"training.{'.'.join(keys)}",
            got=keys[-1],
            allowed="a setting of the chip",
            hint=f"set bitstream.{keys[-1]}",
        )


def _reads(
    chip: Architecture, scheme: Scheme, device: str | None, network: Network | None
) -> tuple[dict[str, Any], list[str]]:
    """The periphery of the reads, and notes on it."""
    if scheme.digital_baseline:
        if device is not None:
            raise InputError(
                "the digital baseline has no device law",
                where="device",
                got=device,
                hint="weights_in=arrays has one",
            )
        return dict(_EXACT), [
            f"scheme {scheme.name} is trained with weights in memory, without arrays and their "
            "read physics: the digital baseline"
        ]
    read, notes = _physics(chip)
    unbounded = unbounded_layers(network) if network else []
    if unbounded and read.get("noise_management", "backward") == "backward":
        read["noise_management"] = "both"
        notes.append(
            f"{unbounded[0]} passes values above the full scale of the arrays: noise management "
            "scales forward reads too"
        )
    return read, notes


def _suggestion_note(scheme: Scheme, suggested: Mapping[str, float], used: int | None) -> str:
    """What the scheme suggests; `used` is the mini-batch that the user names."""
    words = ", ".join(f"{_WORDS[name]} {value:.6g}" for name, value in suggested.items())
    own = scheme.suggested.get("batch", 1)
    if "learning_rate" not in suggested or used in (None, own):
        beside = ""
    elif used is not None and used > own:
        beside = f"; that is its rate for mini-batches of {own}"
    else:
        rate = scheme.suggested["learning_rate"]
        beside = f"; {rate:.6g} for mini-batches of {own}, less in proportion for smaller ones"
    return f"{words}: suggested by scheme {scheme.name}, as none was named{beside}"


def suggested_for(
    scheme: Scheme, batch: int | None, changes: TrainingSettings | Mapping[str, Any] | None
) -> dict[str, float | int]:
    """Learning rate, mini-batch and scale of the first weights that the scheme suggests, as far as
    the user names none.

    The loss is a mean over the mini-batch: for one that is named and smaller than the suggested
    one, the rate is smaller in proportion (linear scaling: Goyal et al., arXiv 1706.02677), which
    keeps the step of an epoch. For a larger one it is not raised.
    """
    if isinstance(changes, TrainingSettings):
        return {}
    used = _named_batch(batch, changes)
    own = scheme.suggested.get("batch", 1)
    named = {"batch"} if used is not None else set()
    suggested = {
        name: value
        for name, value in scheme.suggested.items()
        if name not in named | set(changes or {})
    }
    if used is not None and used < own and "learning_rate" in suggested:
        suggested["learning_rate"] *= used / own
    return suggested


def _named_batch(batch: int | None, changes: Mapping[str, Any] | None) -> int | None:
    """The mini-batch that the user names, if it is a number: settings check it later."""
    named = (changes or {}).get("batch", batch)
    named = int(named) if isinstance(named, str) and named.isdecimal() else named
    return named if isinstance(named, int) and named > 0 else None


def silicon_scheme(scheme: Scheme, settings: TrainingSettings) -> Scheme:
    """The scheme with the settings that training shares with it."""
    return (
        scheme.model_copy(update={"update_management": settings.update.update_management})
        if scheme.core == "rpu"
        else scheme
    )


def read_by_training(chip: Architecture, scheme: Scheme, settings: TrainingSettings) -> set[str]:
    """Fields of the chip that a training reads itself, beside those that the silicon of its steps
    reads.
    """
    if scheme.digital_baseline:
        return set()
    fields = {"physics.model"}
    if chip.physics.model == "signed":
        fields |= {"physics.read_noise", "physics.output_bound", "physics.noise_management"}
        fields |= {"physics.bound_management"} if chip.physics.output_bound else set()
    if settings.rule == "rpu" and device_of(settings):
        fields.add("update.train_length")
    if _makes_trains(scheme, chip) and device_of(settings) and not settings.update.deterministic:
        fields |= {f"bitstream.{name}" for name in generator_fields(chip)}
    if not scheme.device and device_of(settings) == chip.weights.device:
        fields.add("weights.device")
    return fields


def _physics(chip: Architecture) -> tuple[dict[str, Any], list[str]]:
    """Read settings of a chip's arrays, as training.settings.ReadSettings names them, and notes."""
    physics = chip.physics
    values: dict[str, Any] = {"input_bits": chip.read.input_bits, "output_bits": chip.read.adc_bits}
    if chip.read.accumulate == "digital" and chip.read.slots > 1:
        values["slot_bits"] = chip.read.bits_per_slot
    if physics.model != "signed":
        return values, [
            f"training reads signed weights, {chip.name} has physics.model={physics.model}: it "
            "takes the read noise and output "
            "bound of the RPU (0.06 and 12)"
        ]
    if physics.output_bound == 0:
        # Where real data pass, a bound of 0 is set by a calibration run; a training has none, so
        # what is missing is the RPU's.
        taken = [] if physics.read_noise else ["read noise 0.06"]
        values |= {"output_noise": physics.read_noise} if physics.read_noise else {}
        values |= {} if physics.noise_management else {"noise_management": "off"}
        words = " and ".join([*taken, "output bound 12"])
        return values, [
            f"{chip.name} states no {'read noise and ' if taken else ''}output bound in weight "
            f"units: training takes {words}, "
            "those of the RPU, and manages the bound"
        ]
    values |= {"output_noise": physics.read_noise, "output_bound": physics.output_bound}
    return values | {
        name: "off"
        for name in ("noise_management", "bound_management")
        if not getattr(physics, name)
    }, []
