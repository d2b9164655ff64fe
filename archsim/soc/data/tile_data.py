"""Real data through the same events: vectors are fetched, read by the tiles' physics and stored as
the cycles pass.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.devices.held_weights import HeldWeights, TurnedWeights
from archsim.operators.array_forward import (
    all_inputs,
    array_inputs,
    network_forward,
    on_array,
    output_vectors,
)
from archsim.operators.forward import apply
from archsim.operators.recurrent import Recurrent, State
from archsim.soc.data.bias_words import with_bias_words
from archsim.soc.data.layer_reads import LayerReads
from archsim.soc.data.no_numbers import NotArrivedError, refuse_no_numbers
from archsim.soc.data.read_statistics import ReadStatistics
from archsim.soc.data.stored_maps import StoredMaps
from archsim.soc.data.tile_physics import TilePhysics
from workloads.network import Layer, Network

if TYPE_CHECKING:
    from archsim.devices.held_weights import Holder
    from archsim.soc.executed import ChipMachine
    from archsim.soc.operation_run import OperationRun


CALIBRATION_IMAGES = 8  # as many images set the automatic converter ranges


class Carried(NamedTuple):
    """Real data of a job: its first step, and its vectors, (steps, lines): inputs of the tiles
    before they are read, outputs after. None where the step is none of an array.
    """

    step: int
    vectors: np.ndarray | None


class StepRead(NamedTuple):
    """A read of a recurrent layer: what the tiles gave, and their outputs with the bias."""

    given: LayerReads
    outputs: np.ndarray


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
        # Of several inputs all need an image.
        self.count = min(map(len, images.values()))
        self.weights = {
            name: roles["weights"] for name, roles in tensors.items() if "weights" in roles
        }
        tensors = with_bias_words(network, chip, tensors, seed)
        self.biases = {name: roles["bias"] for name, roles in tensors.items() if "bias" in roles}
        self.constants = tensors
        self.layers = {layer.name: layer for layer in network.layers}
        self.maps: dict[tuple[int, str], np.ndarray] = {}
        self.cache: dict[tuple[int, str], tuple[int, np.ndarray]] = {}
        self.done: dict[tuple[int, str], int] = {}
        # of recurrent layers: how many steps are done, and the state after them
        self.states: dict[tuple[int, str], tuple[int, State]] = {}
        self.statistics = {layer.name: ReadStatistics() for layer in network.array_layers}
        self.outputs = np.full((self.count, *network.output_shape), np.nan, np.float32)
        self.physics, self.first = _readers(
            network, placement, chip, (self.weights, self.biases, holder), seed
        )
        self.stored = StoredMaps(chip, seed, network)
        # Before anything ages: converters are set when the chip is new.
        for image in range(min(self.count, calibration)):
            self.stored.calibrate(self._forward(image, self._calibrate))
        if holder is not None and holder.at_s:
            for reader in {id(reader): reader for reader in self.physics.values()}.values():
                reader.age(holder.at_s)

    def _forward(
        self, image: int, meet: Callable[[Layer, np.ndarray], None] | None = None
    ) -> dict[str, np.ndarray]:
        """The exact outputs of all layers for one image. Raises InputError where what reaches an array or
        the output is no number.
        """
        pictures = {name: stack[image] for name, stack in self.images.items()}
        known = network_forward(self.network, pictures, self.constants, meet)
        lacking = {name: bool(np.isnan(values).any()) for name, values in known.items()}
        refuse_no_numbers(self.network, lacking)
        return known

    def _calibrate(self, layer: Layer, values: np.ndarray) -> None:
        """Widen the converter ranges of a layer's tiles for these inputs."""
        held = self.weights[layer.name], self.biases.get(layer.name)
        self.physics[layer.name].calibrate(all_inputs(layer, values, *held))

    def refuse_no_numbers(self) -> None:
        """Raise InputError where a layer gives values that are no numbers for one of the images: events
        would take them for values that have not arrived.
        """
        _ = self.reference

    @functools.cached_property
    def reference(self) -> np.ndarray:
        """The plain NumPy forward pass of all images: (images, *output shape). Raises InputError where a
        layer gives values that are no numbers.
        """
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
            # NaN of what has not arrived goes through by design.
            with np.errstate(invalid="ignore"):
                inputs = [self._value(image, source) for source in layer.inputs]
                held = arrived, self.stored.stored(name, self._apply(layer, inputs), image)
            self.cache[image, name] = held
        return held[1]

    def _arrived(self, image: int, layer: Layer) -> int:
        """A number that grows whenever a result arrives in any map below this layer."""
        # Sums of counts that only grow: equal ones mean that nothing came in between.
        total = 0
        stack = list(layer.inputs)
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
        kind = on_array(layer)
        if isinstance(kind, Recurrent):  # the state joins the features at the tile
            positions = [kind.position(layer, item) for item in range(step, step + count)]
            return Carried(step, source[positions])
        return Carried(step, array_inputs(layer, source, slice(step, step + count)))

    def compute(self, run: OperationRun, carried: Carried) -> tuple[int, Carried]:
        """Read the tiles; returns the repeated reads (the slowest tile decides) and the outputs."""
        step, vectors = carried
        name = run.plan.operation.layer
        if vectors is None:
            raise RuntimeError(f"{run.name}: a job on the tiles came without its vectors")
        if isinstance(on_array(self.layers[name]), Recurrent):
            return self._compute_steps(run, step, vectors)
        vectors_before, vectors_an_image = self.first[name]
        first = run.image * vectors_an_image + vectors_before + step
        reader = self.physics[name]
        reader.disturb(run.image * vectors_an_image)
        read = reader.read(vectors, first, name in self.biases)
        self.statistics[name].count(read, self.chip.read.input_bits, len(vectors))
        return read.repeats, Carried(step, read.outputs)

    def _compute_steps(
        self, run: OperationRun, first: int, features: np.ndarray
    ) -> tuple[int, Carried]:
        """The steps of a recurrent layer from `first` on: its array is read with the state before."""
        layer = self.layers[run.plan.operation.layer]
        kind = on_array(layer)
        assert isinstance(kind, Recurrent)  # the caller asked
        key = (run.image, layer.name)
        at, state = self.states.get(key, (0, kind.start(layer, 1)))
        # A fault of the events, not of the input: steps of a state have one order.
        if at != first:
            raise RuntimeError(f"{run.name}: step {first} was read before step {at}")
        repeats = 0
        outputs = []
        for step, one in enumerate(features[:, None], first):
            read = self.read_step(layer, run.image, step, kind.driven(one, state))
            state = kind.after(read.outputs, one, state)
            self.statistics[layer.name].count(read.given, self.chip.read.input_bits, 1)
            # One job on the tiles: its slowest read decides how long it takes.
            repeats = max(repeats, read.given.repeats)
            outputs.append(state[0][0])
        self.states[key] = first + len(features), state
        return repeats, Carried(first, np.array(outputs))

    def read_step(self, layer: Layer, image: int, step: int, vectors: np.ndarray) -> StepRead:
        """One read of a recurrent layer's tiles, for one image; the bias is included."""
        before, an_image = self.first[layer.name]
        reader = self.physics[layer.name]
        reader.disturb(image * an_image)
        read = reader.read(vectors, image * an_image + before + step, layer.name in self.biases)
        bias = None if reader.bias_row else self.biases.get(layer.name)
        return StepRead(read, read.outputs if bias is None else read.outputs + bias)

    def store(self, run: OperationRun, carried: Carried) -> None:
        """Put results into the feature map; the last layer's map becomes the network's output."""
        step, outputs = carried
        layer = self.layers[run.plan.operation.layer]
        if outputs is not None:
            kind = on_array(layer)
            held = self._value(run.image, layer.name)
            flat = output_vectors(layer, held)
            if isinstance(kind, Recurrent):  # its bias went into the state
                bias = None
                positions = [kind.position(layer, step + item) for item in range(len(outputs))]
            else:
                in_array = self.physics[layer.name].bias_row
                bias = None if in_array else self.biases.get(layer.name)
                positions = list(range(step, step + len(outputs)))
            result = outputs if bias is None else outputs + bias
            flat[positions] = self.stored.stored(layer.name, result, run.image, step + 1)
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
            machine.plans[key] = machine.plan_anew(replace(operation, activity=activity))

    def finish(self) -> np.ndarray:
        """The outputs of all images. Raises RuntimeError where a step ran before its data had
        arrived.
        """
        for image in range(self.count):
            self.outputs[image] = self._value(image, self.network.layers[-1].name)
        if np.isnan(self.outputs).any():
            raise NotArrivedError(
                "a step read data that had not arrived: the output holds no number"
            )
        return self.outputs


def _turned(owner: TilePhysics, weights: np.ndarray) -> TurnedWeights | None:
    """The devices of a layer's weights (groups, outputs, rows) from their other side, if it has any."""
    held = owner.held
    return TurnedWeights(held, weights.shape[2]) if isinstance(held, HeldWeights) else None


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
    for layer in network.array_layers:
        owner = layer.shares or layer.name
        positions[layer.name] = totals.get(owner, 0)
        totals[owner] = positions[layer.name] + layer.matrix.vectors
    # Owners first: who shares their matrix reads their devices.
    numbered = sorted(enumerate(network.array_layers), key=lambda item: bool(item[1].shares))
    for number, layer in numbered:
        owner = layer.shares or layer.name
        if layer.shares and not layer.transposed:
            physics[layer.name] = physics[owner]
        else:
            placed = placement.layers[owner]
            own = None if holder is None else (holder.of_kind(placed.kind), number)
            physics[layer.name] = TilePhysics(
                placed,
                chip.of_kind(placed.kind),
                weights[layer.name],
                seed,
                layer.transposed,
                biases.get(layer.name),
                _turned(physics[owner], weights[owner]) if layer.shares else own,
            )
    return physics, {
        layer.name: (positions[layer.name], totals[layer.shares or layer.name])
        for layer in network.array_layers
    }
