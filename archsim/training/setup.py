"""One description for accuracy and cost: the training settings that follow from a chip and an
update rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.chip.cell_levels import check_device
from archsim.chip.kind_chips import devices_of_kinds
from archsim.chip.load import apply_setting, parse_setting
from archsim.schemes.base import Scheme
from archsim.training.chip_devices import chip_with_devices as chip_with_devices
from archsim.training.chip_devices import devices_per_weight, rule_of
from archsim.training.chip_generators import (
    generator_fields,
    generators_of,
    makes_trains,
    refuse_generators,
)
from archsim.training.completed_settings import completed_by_chip, digital_of
from archsim.training.core_kinds import cores_of_layers, kinds_of_network, slot_bits
from archsim.training.placed_tiles import tiles_of, with_slices
from archsim.training.settings import CORE_RULES, TrainingSettings, device_of, read_settings
from archsim.training.suggestions import named_batch, suggested_for, suggestion_note
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
    _require_signed(chip, scheme)
    if isinstance(changes, TrainingSettings):
        check_device(chip, device_of(changes), "training.device")
        return completed_by_chip(changes, chip, network, scheme), []
    chip, left = chip_with_devices(chip, scheme, changes, network)
    changes = {} if isinstance(left, TrainingSettings) else dict(left or {})
    rule = rule_of(scheme)
    kinds: dict[str, str] = {}
    values: dict[str, Any] = {"rule": rule, "epochs": epochs, "batch": batch or 1, "seed": seed}
    suggested = suggested_for(scheme, batch, changes)
    if rule not in CORE_RULES:
        values["scheme_settings"] = scheme.model_dump(exclude_defaults=True)
    values["read"], notes = _reads(chip, scheme, device, network)
    if network is not None and not scheme.digital_baseline:
        kinds = kinds_of_network(chip, network, scheme)
        values["tiles"] = tiles_of(chip, network, kinds)
    values["digital"] = digital_of(chip)
    if rule not in CORE_RULES and not scheme.device and not scheme.digital_baseline:
        values["device"] = chip.weights.device
    if rule == "rpu":
        values |= _of_pulses(chip, scheme, network, kinds)
    if makes_trains(scheme, chip):
        values["update"] = values.get("update", {}) | generators_of(chip)
    if network is not None and kinds:
        of_chip = device is None and not scheme.device and "device" not in changes
        values["cores"] = _cores(cores_of_layers(chip, kinds, network, of_chip), changes)
    if device is not None:
        values["device"] = device
    if suggested:
        values |= suggested
        notes.append(suggestion_note(scheme, suggested, named_batch(batch, changes)))
    for path, value in changes.items():
        _refuse_tiles(path, value)
        _refuse_rule(path, value, scheme)
        keys, parsed = (
            parse_setting(f"{path}={value}") if isinstance(value, str) else (path.split("."), value)
        )
        refuse_generators(keys)
        apply_setting(values, keys, parsed)
    if values["rule"] == "float" and values["digital"].get("format") != "fp32":
        # the core's own SGD knows float32 alone
        values |= {"rule": scheme.name, "scheme_settings": scheme.model_dump(exclude_defaults=True)}
    settings, told = with_slices(read_settings(values), chip)
    check_device(chip, device_of(settings), "training.device")
    return settings, notes + told


def _of_pulses(
    chip: Architecture, scheme: Scheme, network: Network | None, kinds: Mapping[str, str]
) -> dict[str, Any]:
    """What the training core's own rule takes from chip and scheme: device, trains, copies."""
    values: dict[str, Any] = {
        "update": {
            "train_length": chip.update.train_length,
            "update_management": scheme.model_dump()["update_management"],
        },
        "devices_per_weight": devices_per_weight(chip, network, kinds),
    }
    if scheme.device != device_of(TrainingSettings(rule="rpu")):
        values["device"] = scheme.device or chip.weights.device
    return values


def _cores(
    cores: dict[str, dict[str, Any]], changes: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What layers have otherwise, without what the user sets for all."""
    named = {path.split(".")[1] for path in changes if path.startswith("read.")}
    left = {
        layer: {field: value for field, value in own.items() if field not in named}
        for layer, own in cores.items()
    }
    return {layer: own for layer, own in left.items() if own}


def _require_signed(chip: Architecture, scheme: Scheme) -> None:
    """Refuse to train on tiles whose reads are a model of inference."""
    if chip.physics.model == "signed" or scheme.digital_baseline:
        return
    # bit-serial inputs are unsigned, and errors, which have signs, come in at the columns
    raise InputError(
        "dual-column tiles are a model of inference: they take inputs of at least 0 and are not "
        "read from their columns",
        where=f"{chip.origin}: physics.model",
        got=chip.physics.model,
        allowed="signed",
        hint="train with physics.model=signed: devices that are pairs keep both of their states",
    )


def _refuse_tiles(path: str, value: Any) -> None:
    section = path.split(".")[0]
    if section in ("tiles", "cores"):
        raise InputError(
            f"the {section} that training reads are those that the chip places",
            where=f"training.{path}",
            got=value,
            hint="tile.rows, tile.columns and core.kinds are settings of the chip",
        )


def _refuse_rule(path: str, value: Any, scheme: Scheme) -> None:
    """The rule that trains is the one whose step is priced."""
    if path.split(".")[0] in ("rule", "scheme_settings"):
        raise InputError(
            "the update rule and its settings are those of the scheme, whose step is priced",
            where=f"training.{path}",
            got=value,
            allowed=f"scheme {scheme.name}",
            hint="--scheme names another rule, --set scheme.FIELD=VALUE changes a setting of it",
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
    if any(each.physics.line_ohm for each in chip.alike):
        raise InputError(
            "a training reads its arrays without a drop along their lines",
            where=f"{chip.origin}: physics.line_ohm",
            got=chip.physics.line_ohm,
            hint="physics.line_ohm=0 to train; archsim infer tests trained weights behind lines",
        )
    read, notes = _physics(chip)
    unbounded = unbounded_layers(network) if network else []
    if unbounded and read.get("noise_management", "backward") == "backward":
        read["noise_management"] = "both"
        notes.append(
            f"{unbounded[0]} passes values above the full scale of the arrays: noise management "
            "scales forward reads too"
        )
    return read, notes


def silicon_scheme(scheme: Scheme, settings: TrainingSettings) -> Scheme:
    """The scheme with the settings that training shares with it."""
    return (
        scheme.model_copy(update={"update_management": settings.update.update_management})
        if scheme.core == "rpu"
        else scheme
    )


def managed(direction: str, backwards: bool) -> set[str]:
    """The reads that a management in a `direction` scales: arrays are read forward, and `backwards`
    where errors do not go back through the vector unit.
    """
    reads = {"forward", "backward"} if backwards else {"forward"}
    return reads & {"both": {"forward", "backward"}, "off": set()}.get(direction, {direction})


def read_by_training(
    chip: Architecture, scheme: Scheme, settings: TrainingSettings, network: Network | None = None
) -> set[str]:
    """Fields of the chip that a training reads itself, beside those that the silicon of its steps
    reads; of a `network`, where it is known.
    """
    if scheme.digital_baseline:
        return set()
    fields = {"physics.model"}
    fields |= {"physics.read_noise", "physics.output_bound"}
    # errors that go back through the vector unit are scaled by nothing
    scaled = "both" if network is None or unbounded_layers(network) else "backward"
    if managed(scaled, scheme.transposed_read):
        fields.add("physics.noise_management")
    fields |= {"physics.bound_management"} if chip.physics.output_bound else set()
    if settings.rule == "rpu" and device_of(settings):
        fields.add("update.train_length")
    if makes_trains(scheme, chip) and device_of(settings) and not settings.update.deterministic:
        fields |= {f"bitstream.{name}" for name in generator_fields(chip)}
    if not scheme.device and device_of(settings) == chip.weights.device:
        fields.add("weights.device")
    own = devices_of_kinds(chip)
    used = {device_of(settings), *(cores.device for cores in settings.cores.values())}
    fields |= {f"core.kinds.{kind}.weights.device" for kind in own if own[kind] in used}
    return fields


def _physics(chip: Architecture) -> tuple[dict[str, Any], list[str]]:
    """Read settings of a chip's arrays, as training.settings.ReadSettings names them, and notes."""
    physics = chip.physics
    values: dict[str, Any] = {"input_bits": chip.read.input_bits, "output_bits": chip.read.adc_bits}
    if slot_bits(chip):
        values["slot_bits"] = slot_bits(chip)
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
