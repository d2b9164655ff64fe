"""Settings off their defaults, one at a time, and what each moves."""

import typing

import archsim
from archsim.chip.config import Architecture

OF_ALL = ("node_nm", "clock_mhz", "tile_cluster", "supply_v", "temperature_c", "flavour")


def paths(model=Architecture, prefix=""):
    """Field paths of a chip with what declares them."""
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from paths(field.annotation, f"{prefix}{name}.")
        elif prefix or name in OF_ALL:
            yield f"{prefix}{name}", field


FIELDS = dict(paths())


def others(path, chip):
    """Values of a field that the chip does not have, near and far."""
    value = chip
    field = FIELDS[path]
    for key in path.split("."):
        value = getattr(value, key)
    if path in ("placement.copies", "weights.layer_replicas"):
        return [{"conv1": 2}]
    if path == "core.kinds":
        alike = {name: {} for name in chip.core.kinds}
        return [alike or {"only": {"read": {"adc_bits": 5}}}]
    if path == "placement.kind":
        return [{"conv1": "fine"}] if chip.core.kinds else []
    if path == "physics.conductance_us":
        return [[value[0] / 2, value[1] * 2]]
    words = (
        typing.get_args(field.annotation)
        if typing.get_origin(field.annotation) is typing.Literal
        else ()
    )
    if words:
        return [word for word in words if word != value]
    if isinstance(value, bool):
        return [not value]
    if path == "weights.device":
        return ["ecram", "gokmen2016"]
    if path == "supply_v":
        return [0.9, 1.12]
    if value == "middle":  # the router of a port
        return [0, 1]
    if isinstance(value, str):  # tile.count = "auto"
        return [40]
    if isinstance(value, int):
        # more of what is plenty may move nothing, the least of it does
        return [value + 1, value * 2, value * 8, *([1] if value > 1 else [])]
    return [value * 1.5 + 0.05, value / 3]


def outcome(network, chip, kind):
    """All numbers that a run gives, and what it names as unused."""
    result = archsim.simulate(network, chip, **kind)
    document = {
        key: value
        for key, value in result.to_dict().items()
        if key not in ("settings", "notes", "unused", "inventory", "figures")
    }
    document["resources"] = [row for row in document["resources"] if row["requests"]]
    outputs = vars(result).get("outputs")
    return document, None if outputs is None else outputs.tobytes(), result.document["unused"]
