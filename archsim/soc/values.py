"""Real data through the same events: vectors are fetched, read by the tiles' physics and stored as the cycles pass."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.architecture.config import Architecture
from archsim.placement import Placement
from archsim.soc.actions import plan
from archsim.soc.layer_forward import apply, array_inputs, reference_output
from archsim.soc.tile_physics import TilePhysics
from archsim.trace.operation import Activity, Trace
from hwlib.errors import InputError, nearest
from workloads.network import Layer, Network

if TYPE_CHECKING:
    from archsim.soc.machine import Machine
    from archsim.soc.operation_run import OperationRun


CALIBRATION_IMAGES = 8  # as many images set the automatic converter ranges


@dataclass(slots=True)
class Seen:
    """What the tiles of one layer saw: sums that become the measured activity."""

    values: int = 0
    nonzero: int = 0
    magnitude: float = 0.0
    ones: float = 0.0
    vectors: int = 0
    retries: int = 0
    saturations: int = 0
    largest: float = field(default=0.0)

    def activity(self, input_bits: int, before: Activity) -> Activity:
        """The measured activity of the layer's reads."""
        on = max(1, self.nonzero)
        return replace(before, source="measured", input_density=self.nonzero / max(1, self.values), magnitude=self.magnitude / on,
                       bit_density=self.ones / (on * input_bits), retries=self.retries / max(1, self.vectors),
                       saturations=self.saturations / max(1, self.vectors))


class Values:
    """Feature maps of the images in flight. A map is NaN where no result has arrived, so that a step which ran ahead
    of its data poisons the output instead of passing unseen."""

    def __init__(self, network: Network, chip: Architecture, placement: Placement, images: np.ndarray,
                 weights: dict[str, np.ndarray], biases: dict[str, np.ndarray], seed: int):
        self.network, self.chip, self.images = network, chip, images
        self.weights, self.biases = weights, biases
        self.layers = {layer.name: layer for layer in network.layers}
        self.maps: dict[tuple[int, str], np.ndarray] = {}
        self.cache: dict[tuple[int, str], tuple[int, np.ndarray]] = {}
        self.done: dict[tuple[int, str], int] = {}
        self.seen = {layer.name: Seen() for layer in network.array_layers}
        self.outputs = np.full((len(images), *network.output_shape), np.nan, np.float32)
        self.physics = {name: TilePhysics(placement.layers[name], chip, weights[name], seed) for name in weights}
        for image in images[:CALIBRATION_IMAGES]:
            self._forward(image, calibrate=True)

    def _forward(self, image: np.ndarray, calibrate: bool = False) -> np.ndarray:
        """A plain NumPy forward pass; with `calibrate` it sets the converter ranges of the tiles on its way."""
        known: dict[str, np.ndarray] = {}
        for layer in self.network.layers:
            if layer.operator == "input":
                known[layer.name] = image
            elif layer.on_array:
                values = known[layer.inputs[0]]
                if calibrate:
                    self.physics[layer.name].calibrate(array_inputs(layer, values, slice(0, layer.matrix.vectors)))
                known[layer.name] = reference_output(layer, values, self.weights[layer.name], self.biases.get(layer.name))
            else:
                known[layer.name] = apply(layer, [known[name] for name in layer.inputs])
        return known[self.network.layers[-1].name]

    def reference(self) -> np.ndarray:
        """The plain NumPy forward pass of all images: (images, *output shape)."""
        return np.array([self._forward(image) for image in self.images])

    def _value(self, image: int, name: str) -> np.ndarray:
        """The output of a layer as far as it has arrived."""
        layer = self.layers[name]
        if layer.operator == "input":
            return self.images[image]
        if layer.on_array:
            return self.maps.setdefault((image, name), np.full(layer.output_shape, np.nan, np.float32))
        arrived = self._arrived(image, layer)
        held = self.cache.get((image, name))
        if held is None or held[0] != arrived:
            with np.errstate(invalid="ignore"):
                held = (arrived, np.asarray(apply(layer, [self._value(image, source) for source in layer.inputs]), np.float32))
            self.cache[image, name] = held
        return held[1]

    def _arrived(self, image: int, layer: Layer) -> int:
        """A number that grows whenever a result arrives in any map below this layer."""
        total, stack = 0, list(layer.inputs)
        while stack:
            below = self.layers[stack.pop()]
            if below.on_array:
                total += self.done.get((image, below.name), 0)
            else:
                stack += below.inputs
        return total

    # The three hooks of OperationRun: values travel with the job through queues and tiles.
    def fetch(self, run: OperationRun, step: int, count: int) -> tuple[int, np.ndarray | None]:
        """The input vectors of a job, from what has arrived in the buffer."""
        layer = self.layers[run.plan.operation.layer]
        if not layer.on_array:
            return step, None
        return step, array_inputs(layer, self._value(run.image, layer.inputs[0]), slice(step, step + count))

    def compute(self, run: OperationRun, values: tuple[int, np.ndarray]) -> tuple[int, tuple[int, np.ndarray]]:
        """Read the tiles; returns the repeated reads (the slowest tile decides) and the outputs."""
        step, vectors = values
        name = run.plan.operation.layer
        first = run.image * self.layers[name].matrix.vectors + step
        outputs, retries, saturations, codes = self.physics[name].read(vectors, first)
        seen, bits = self.seen[name], self.chip.read.input_bits
        seen.values += codes.size
        seen.nonzero += int(np.count_nonzero(codes))
        seen.magnitude += float(np.abs(codes).sum()) / (2**bits - 1)
        seen.ones += int(np.bitwise_count(np.abs(codes)).sum())
        seen.vectors += len(vectors)
        seen.retries += retries
        seen.saturations += saturations
        return retries, (step, outputs)

    def store(self, run: OperationRun, values: tuple[int, np.ndarray | None]) -> None:
        """Put results into the feature map; the last layer's map becomes the network's output."""
        step, outputs = values
        layer = self.layers[run.plan.operation.layer]
        if outputs is not None:
            bias = self.biases.get(layer.name)
            held = self._value(run.image, layer.name)
            flat = held.reshape(layer.output_shape[0], -1).T if layer.operator == "conv2d" else held.reshape(-1, layer.output_shape[-1])
            flat[step:step + len(outputs)] = outputs if bias is None else outputs + bias
            self.done[run.image, layer.name] = self.done.get((run.image, layer.name), 0) + len(outputs)

    def measure(self, machine: Machine) -> None:
        """Replace the assumed activity of the machine's reads by what the tiles saw: the ledger then counts that."""
        for key, plan_ in machine.plans.items():
            operation = plan_.operation
            seen = self.seen.get(operation.layer)
            if seen is None or operation.kind != "read":
                continue
            activity = seen.activity(self.chip.read.input_bits, operation.activity)
            machine.plans[key] = plan(replace(operation, activity=activity), machine.placement, self.chip, machine.memory)

    def finish(self) -> np.ndarray:
        """The outputs of all images. Raises RuntimeError where a step ran before its data had arrived."""
        for image in range(len(self.images)):
            self.outputs[image] = self._value(image, self.network.layers[-1].name)
        if np.isnan(self.outputs).any():
            raise RuntimeError("a step read data that had not arrived: the output holds no number")
        return self.outputs


def prepare_values(network: Network | None, trace: Trace, chip: Architecture, placement: Placement, data: Any, images: int,
                   seed: int) -> Values:
    """Check the arrays and build the real-data mode. `data` is "random", images (N, *input shape), or a dict with
    "images" and, by layer, "<layer>.weights" (outputs x rows) and "<layer>.bias". Raises InputError for what does not fit."""
    if network is None or trace.phase != "inference":
        raise InputError("real data need a network and the phase inference", where="data", got=trace.phase)
    if placement.passes:
        raise InputError("real data cannot go with reloaded weights", where=f"{chip.origin}: execution.reload", got=True)
    for layer in network.layers:
        if layer.operator in ("lstm", "matmul", "slice", "pad", "transpose", "local_response_norm"):
            raise InputError(f"the operator '{layer.operator}' cannot carry real data", where=layer.name,
                             hint="run without --data: counts and timing need no values")
    if network.gaps:
        raise InputError("the file leaves out what joins these layers, so no value passes", where=network.name,
                         got=", ".join(network.gaps[:5]), hint="run without --data: counts and timing need no values")
    arrays = {} if isinstance(data, str) else {"images": data} if not isinstance(data, dict) else dict(data)
    if isinstance(data, str) and data != "random":
        raise InputError("unknown data", where="data", got=data, allowed="'random', arrays, or an .npz file")
    random = np.random.default_rng(seed)
    known = ["images"] + [f"{m.layer}.{kind}" for m in trace.matrices for kind in ("weights", "bias")]
    for key in arrays:
        if key not in known:
            raise InputError("unknown array", where="data", got=key, allowed=known, hint=nearest(key, known))
    pictures = arrays.get("images")
    pictures = random.random((images, *network.input_shape)) if pictures is None else _numbers(pictures, "images")
    if pictures.shape == network.input_shape:
        pictures = pictures[None]
    if pictures.shape[1:] != network.input_shape or len(pictures) < images:
        raise InputError("images do not fit", where="data: images", got=pictures.shape,
                         allowed=f"({images} or more, {network.input_shape})")
    weights, biases = {}, {}
    for layer in network.array_layers:
        shape = layer.matrix
        full = (shape.columns * shape.groups, shape.rows)
        given = arrays.get(f"{layer.name}.weights")
        # He-like spread: keeps the signal alive through any depth
        drawn = random.standard_normal(full) * np.sqrt(2.0 / shape.rows) if given is None else _numbers(given, f"{layer.name}.weights")
        if drawn.shape != full:
            raise InputError("weights do not fit", where=f"data: {layer.name}.weights", got=drawn.shape, allowed=str(full))
        weights[layer.name] = drawn.reshape(shape.groups, shape.columns, shape.rows).astype(np.float32)
        bias = arrays.get(f"{layer.name}.bias")
        if bias is not None:
            bias = _numbers(bias, f"{layer.name}.bias")
            if bias.shape != (full[0],):
                raise InputError("bias does not fit", where=f"data: {layer.name}.bias", got=bias.shape, allowed=str((full[0],)))
            biases[layer.name] = bias.astype(np.float32)
    return Values(network, chip, placement, pictures[:images].astype(np.float32), weights, biases, seed)


def _numbers(array: Any, name: str) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise InputError("not an array of finite numbers", where=f"data: {name}", got=str(array.dtype))
    return array.astype(np.float64)
