"""Real data through the same events: vectors are fetched, read by the tiles' physics and stored as
the cycles pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.chip.plan.operation_plan import plan
from archsim.operators.array_forward import array_inputs, network_forward, output_vectors
from archsim.operators.forward import apply
from archsim.soc.data.stored_maps import StoredMaps
from archsim.soc.data.tile_physics import LayerReads, TilePhysics
from archsim.trace.operation import Activity
from hwlib.errors import InputError
from workloads.network import Layer, Network

if TYPE_CHECKING:
    from archsim.devices.held_weights import Holder
    from archsim.soc.executed import ChipMachine
    from archsim.soc.operation_run import OperationRun


CALIBRATION_IMAGES = 8  # as many images set the automatic converter ranges


@dataclass(slots=True)
class ReadStatistics:
    """What the reads of one layer were given: sums that become the measured activity."""

    values: int = 0
    nonzero: int = 0
    magnitude: float = 0.0
    ones: float = 0.0
    vectors: int = 0
    retries: int = 0
    repeated: float = 0.0
    saturations: float = 0

    def add(self, read: LayerReads, input_bits: int, reads_a_vector: int) -> None:
        """Count what some vectors met, each on its own: its slowest tile decides its repeats.

        Args:
            read: what the tiles gave for the vectors.
            input_bits: bits of a code.
            reads_a_vector: single tiles that a vector is read on.
        """
        codes = np.abs(read.codes)
        self.values += codes.size
        self.nonzero += int(np.count_nonzero(codes))
        self.magnitude += float(codes.sum()) / (2**input_bits - 1)
        self.ones += int(np.bitwise_count(codes).sum())
        self.vectors += len(codes)
        self.retries += int(read.slowest.sum())
        self.repeated += read.all_repeats / reads_a_vector
        self.saturations += read.saturations

    def activity(self, input_bits: int, before: Activity) -> Activity:
        """The measured activity of the layer's reads."""
        on = max(1, self.nonzero)
        return replace(
            before,
            source="measured",
            input_density=self.nonzero / max(1, self.values),
            magnitude=self.magnitude / on,
            bit_density=self.ones / (on * input_bits),
            retries=self.retries / max(1, self.vectors),
            retried_tiles=self.repeated / self.retries if self.retries else 1.0,
            saturations=self.saturations / max(1, self.vectors),
        )


class Carried(NamedTuple):
    """Real data of a job: its first step, and its vectors, (steps, lines): inputs of the tiles
    before they are read, outputs after. None where the step is none of an array.
    """

    step: int
    vectors: np.ndarray | None


class TileData:
    """Feature maps of the images in flight. A map is NaN where no result has arrived, so that a
    step which ran ahead of its data poisons the output instead of passing unseen."""

    def __init__(
        self,
        network: Network,
        chip: Architecture,
        placement: Placement,
        images: dict[str, np.ndarray],
        tensors: dict[str, dict[str, np.ndarray]],
        seed: int,
        holder: Holder | None = None,
        calibration: int = CALIBRATION_IMAGES,
    ):
        self.network = network
        self.chip = chip
        self.images = images
        self.notes: tuple[str, ...] = ()
        self.count = min(map(len, images.values()))
        self.weights = {
            name: roles["weights"] for name, roles in tensors.items() if "weights" in roles
        }
        self.biases = {name: roles["bias"] for name, roles in tensors.items() if "bias" in roles}
        self.constants = tensors
        self.layers = {layer.name: layer for layer in network.layers}
        self.maps: dict[tuple[int, str], np.ndarray] = {}
        self.cache: dict[tuple[int, str], tuple[int, np.ndarray]] = {}
        self.done: dict[tuple[int, str], int] = {}
        self.statistics = {layer.name: ReadStatistics() for layer in network.array_layers}
        self.outputs = np.full((self.count, *network.output_shape), np.nan, np.float32)
        self.physics, self.first = _readers(
            network, placement, chip, (self.weights, self.biases, holder), seed
        )
        self.stored = StoredMaps(chip, seed)
        for image in range(min(self.count, calibration)):
            self.stored.calibrate(self._forward(image, self._calibrate))
        if holder is not None and holder.at_s:
            for reader in {id(reader): reader for reader in self.physics.values()}.values():
                reader.age(holder.at_s)

    def _forward(
        self, image: int, meet: Callable[[Layer, np.ndarray], None] | None = None
    ) -> dict[str, np.ndarray]:
        """The exact outputs of all layers for one image."""
        pictures = {name: stack[image] for name, stack in self.images.items()}
        return network_forward(self.network, pictures, self.constants, meet)

    def _calibrate(self, layer: Layer, values: np.ndarray) -> None:
        """Widen the converter ranges of a layer's tiles for these inputs."""
        self.physics[layer.name].calibrate(
            array_inputs(layer, values, slice(0, layer.matrix.vectors))
        )

    def reference(self) -> np.ndarray:
        """The plain NumPy forward pass of all images: (images, *output shape)."""
        last = self.network.layers[-1].name
        return np.array([self._forward(image)[last] for image in range(self.count)])

    def _apply(self, layer: Layer, inputs: list[np.ndarray]) -> np.ndarray:
        return apply(layer, inputs, self.constants.get(layer.name, {}))

    def _value(self, image: int, name: str) -> np.ndarray:
        """The output of a layer as far as it has arrived."""
        layer = self.layers[name]
        if layer.operator == "input":
            return self.images[name][image]
        if layer.on_array:
            return self.maps.setdefault(
                (image, name), np.full(layer.output_shape, np.nan, np.float32)
            )
        arrived = self._arrived(image, layer)
        held = self.cache.get((image, name))
        if held is None or held[0] != arrived:
            with np.errstate(invalid="ignore"):
                inputs = [self._value(image, source) for source in layer.inputs]
                held = arrived, self.stored.stored(name, self._apply(layer, inputs), image)
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

    # The three hooks of an operation's processes: values travel with the job through queues and tiles.
    def fetch(self, run: OperationRun, step: int, count: int) -> Carried:
        """The input vectors of a job, from what has arrived in the buffer."""
        layer = self.layers[run.plan.operation.layer]
        if not layer.on_array:
            return Carried(step, None)
        source = self._value(run.image, layer.inputs[0])
        return Carried(step, array_inputs(layer, source, slice(step, step + count)))

    def compute(self, run: OperationRun, carried: Carried) -> tuple[int, Carried]:
        """Read the tiles; returns the repeated reads (the slowest tile decides) and the outputs."""
        step, vectors = carried
        name = run.plan.operation.layer
        vectors_before, vectors_an_image = self.first[name]
        first = run.image * vectors_an_image + vectors_before + step
        if vectors is None:
            raise RuntimeError(f"{run.name}: a job on the tiles came without its vectors")
        reader = self.physics[name]
        reader.disturb(run.image * vectors_an_image)
        read = reader.read(vectors, first, name in self.biases)
        codes = read.codes
        seen = self.statistics[name]
        bits = self.chip.read.input_bits
        seen.values += codes.size
        seen.nonzero += int(np.count_nonzero(codes))
        seen.magnitude += float(np.abs(codes).sum()) / (2**bits - 1)
        seen.ones += int(np.bitwise_count(np.abs(codes)).sum())
        seen.vectors += len(vectors)
        seen.retries += read.repeats
        seen.repeated += read.repeats * read.repeated_share
        seen.saturations += read.saturations
        return read.repeats, Carried(step, read.outputs)

    def store(self, run: OperationRun, carried: Carried) -> None:
        """Put results into the feature map; the last layer's map becomes the network's output."""
        step, outputs = carried
        layer = self.layers[run.plan.operation.layer]
        if outputs is not None:
            in_array = self.physics[layer.name].bias_row
            bias = None if in_array else self.biases.get(layer.name)
            held = self._value(run.image, layer.name)
            flat = output_vectors(layer, held)
            result = outputs if bias is None else outputs + bias
            flat[step : step + len(outputs)] = self.stored.stored(
                layer.name, result, run.image, step + 1
            )
            self.done[run.image, layer.name] = self.done.get((run.image, layer.name), 0) + len(
                outputs
            )

    def measure(self, machine: ChipMachine) -> None:
        """Replace the assumed activity of the machine's reads by what the tiles saw: the ledger
        then counts that.
        """
        for key, plan_ in machine.plans.items():
            operation = plan_.operation
            seen = self.statistics.get(operation.layer)
            if seen is None or operation.kind != "read":
                continue
            activity = seen.activity(self.chip.read.input_bits, operation.activity)
            machine.plans[key] = plan(
                replace(operation, activity=activity), machine.placement, self.chip, machine.memory
            )

    def finish(self) -> np.ndarray:
        """The outputs of all images. Raises RuntimeError where a step ran before its data had
        arrived.
        """
        for image in range(self.count):
            self.outputs[image] = self._value(image, self.network.layers[-1].name)
        if np.isnan(self.outputs).any():
            raise RuntimeError("a step read data that had not arrived: the output holds no number")
        return self.outputs


def _readers(
    network: Network,
    placement: Placement,
    chip: Architecture,
    held: tuple[dict[str, np.ndarray], dict[str, np.ndarray], Holder | None],
    seed: int,
) -> tuple[dict[str, TilePhysics], dict[str, tuple[int, int]]]:
    """The tiles that each array layer reads, and where its vectors stand among those of an image on
    the same tiles.

    Layers that share a matrix share its tiles and their converter ranges; what reads it from its
    columns has ranges of its own.
    """
    weights, biases, holder = held
    physics: dict[str, TilePhysics] = {}
    positions: dict[str, int] = {}
    totals: dict[str, int] = {}
    for number, layer in enumerate(network.array_layers):
        owner = layer.shares or layer.name
        if holder is not None and layer.shares and layer.transposed:
            raise InputError(
                "devices are not read from both sides in a run with real data",
                where=f"{network.name}: {layer.name}",
                got=holder.name,
                hint="run without a device",
            )
        positions[layer.name] = totals.get(owner, 0)
        totals[owner] = positions[layer.name] + layer.matrix.vectors
        if layer.shares and not layer.transposed:
            physics[layer.name] = physics[owner]
        else:
            physics[layer.name] = TilePhysics(
                placement.layers[owner],
                chip,
                weights[layer.name],
                seed,
                layer.transposed,
                biases.get(layer.name),
                None if holder is None else (holder, number),
            )
    return physics, {
        layer.name: (positions[layer.name], totals[layer.shares or layer.name])
        for layer in network.array_layers
    }
