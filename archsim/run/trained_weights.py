"""Trained weights from wherever they are: the network's own file, arrays, a training of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from archsim.operators.moves import Moves
from archsim.operators.vocabulary import operator_of
from archsim.run.trained import Training
from archsim.soc.data.tensors import tensors_of
from hwlib.errors import InputError, nearest
from workloads.adapters import UP
from workloads.network import Network

if TYPE_CHECKING:
    Weights: TypeAlias = str | Path | Mapping[str, Any] | Training | None

_LARGEST = 4 * 10**9  # bytes of all arrays of an .npz file together, unpacked


class TrainedTensors(NamedTuple):
    """Values of every layer by role, notes on where they come from, and the words that layers kept in
    a training of ours; None of a file.
    """

    tensors: dict[str, dict[str, np.ndarray]]
    notes: tuple[str, ...]
    words: np.ndarray | None = None


class _Given(NamedTuple):
    """What was named, by "<layer>.<role>", where it comes from, and the words of a training."""

    arrays: dict[str, Any]
    notes: tuple[str, ...] = ()
    words: np.ndarray | None = None


def trained_tensors(network: Network, weights: Weights = None) -> TrainedTensors:
    """The trained weights of a network, with biases and constants.

    Args:
        network: whose layers they belong to.
        weights: None for those in the network's own file; an .npz file or a mapping with
            "<layer>.weights" (outputs x inputs), "<layer>.bias" and "<layer>.<role>"; the folder of
            a training, or what `train` returned; another .onnx file with layers of the same names.

    Returns:
        the `TrainedTensors`; "weights" of a layer on arrays are (groups, outputs, inputs).

    Raises:
        InputError: where a layer has no weights, for names that no layer has, and for shapes that
            do not fit. Nothing is drawn at random.
    """
    given = _given(network, weights)
    arrays = {**first_adapters(network), **given.arrays}
    known = [
        f"{layer.name}.{role}"
        for layer in network.layers
        for role in (
            (() if layer.shares else ("weights", "bias"))
            if layer.on_array
            else (*layer.roles, *operator_of(layer).statistics)
        )
    ]
    for key in arrays:
        if key not in known:
            raise InputError(
                "no layer has such values",
                where="weights",
                got=key,
                allowed=known,
                hint=nearest(key, known),
            )
    own = network.tensors.read() if network.tensors is not None else {}
    _require_all(network, arrays, own)
    tensors, notes = tensors_of(network, arrays, own, np.random.default_rng(0))
    return TrainedTensors(tensors, (*given.notes, *notes), given.words)


def _require_all(
    network: Network, arrays: Mapping[str, Any], own: Mapping[str, Mapping[str, np.ndarray]]
) -> None:
    """Raise InputError with every layer that has no values."""
    lacking = []
    for layer in network.layers:
        if layer.shares or operator_of(layer).may_be_folded or layer.setting("adapter"):
            continue
        roles = (("weights", "bias") if layer.bias else ("weights",)) if layer.on_array else ()
        held = own.get(layer.name, {})
        lacking += [
            f"{layer.name}.{role}"
            for role in roles
            if f"{layer.name}.{role}" not in arrays and role not in held
        ]
    if lacking:
        more = f" and {len(lacking) - 6} more" if len(lacking) > 6 else ""
        raise InputError(
            f"trained weights are missing: {', '.join(lacking[:6])}{more}",
            where=network.name,
            hint="name an .npz file, a training's folder or an .onnx file with --weights",
        )


def first_adapters(network: Network) -> dict[str, np.ndarray]:
    """What adapters begin with, by "<layer>.weights": A uniform below 1 / sqrt(inputs), B zero."""
    random = np.random.default_rng(0)
    first = {}
    for layer in network.layers:
        half = layer.setting("adapter")
        if half and not layer.shares:
            inputs = layer.input_shapes[0][-1]
            drawn = random.uniform(-1, 1, (layer.output_shape[-1], inputs)) / np.sqrt(inputs)
            first[f"{layer.name}.weights"] = np.zeros_like(drawn) if half == UP else drawn
    return first


def _given(network: Network, weights: Weights) -> _Given:
    """The arrays that were named."""
    if weights is None:
        return _Given({})
    if isinstance(weights, Training):
        trained = weights.trained
        arrays = _with_biases(network, trained.weights, trained.roles)
        return _Given(arrays, ("weights are those of a training in memory",), trained.words)
    if isinstance(weights, Mapping):
        return _Given(dict(weights))
    if not isinstance(weights, str | Path):
        raise InputError(
            "not trained weights",
            where="weights",
            got=type(weights).__name__,
            allowed="an .npz or .onnx file, the folder of a training, what `train` returned, a mapping",
        )
    path = Path(weights)
    if path.suffix.lower() == ".npz":
        from archsim.readers.arrays import read_npz

        return _Given(dict(read_npz(path, _LARGEST)), (f"weights of {path.name}",))
    if path.suffix.lower() == ".onnx":
        return _Given(_of_onnx(path), (f"weights of {path.name}",))
    if path.is_dir():
        from archsim.training.stored_weights import read_checkpoint_weights

        stored = read_checkpoint_weights(network, path)
        arrays = _with_biases(network, stored.weights, stored.roles)
        return _Given(arrays, (f"weights of the training in {path}",), stored.words)
    raise InputError(
        "not trained weights" if path.exists() else "no such file or folder",
        where="weights",
        got=str(weights),
        allowed="an .npz or .onnx file, or the folder of archsim train --out",
    )


def _of_onnx(path: Path) -> dict[str, Any]:
    from workloads.load import load_network

    other = load_network(path)
    values = other.tensors.read() if other.tensors is not None else {}
    # Where elements move to is the network's own form, which a file may write in other layers.
    kept = {
        layer.name
        for layer in other.layers
        if not layer.shares and not isinstance(operator_of(layer), Moves)
    }
    return {
        f"{layer}.{role}": value
        for layer, roles in values.items()
        if layer in kept
        for role, value in roles.items()
    }


def _with_biases(
    network: Network,
    matrices: Mapping[str, np.ndarray],
    roles: Mapping[str, Mapping[str, np.ndarray]],
) -> dict[str, Any]:
    """Matrices of a training (outputs, inputs, then the bias) as weights and bias, and the values of
    other layers.
    """
    arrays: dict[str, Any] = {
        f"{layer}.{role}": values for layer, held in roles.items() for role, values in held.items()
    }
    for layer in network.matrix_layers:
        matrix = matrices.get(layer.name)
        if matrix is None:
            continue
        arrays[f"{layer.name}.weights"] = matrix[:, :-1] if layer.bias else matrix
        if layer.bias:
            arrays[f"{layer.name}.bias"] = matrix[:, -1]
    return arrays
