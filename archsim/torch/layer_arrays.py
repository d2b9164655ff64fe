"""One layer on arrays: read forward and back for the images of a mini-batch, changed by the update
rule.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from archsim.kernels.random import as_word
from archsim.torch.cycles import one_way_of
from archsim.training.evaluation import EVALUATION
from archsim.training.first_state import FirstWeights
from archsim.training.machine import Machine
from archsim.training.passes import open_doors
from archsim.training.records import BothWays, Counters, StepKeys, Workspace, plain
from archsim.training.settings import TrainingSettings
from archsim.training.table import BACKWARD
from hwlib.errors import InputError
from workloads.network import Layer, Network

F = np.float32


class LayerArrays:
    """The machine of one layer. `waiting`: images of a mini-batch that were read and not learnt yet."""

    def __init__(self, layer: Layer, weights: np.ndarray, settings: TrainingSettings, number: int):
        """Program the weights into the devices of a layer.

        Args:
            layer: on arrays, with its sizes.
            weights: float32 (outputs, inputs), the bias in the last column.
            settings: of the training, completed by its chip.
            number: of the layer; its random numbers are its own.
        """
        self.layer = layer
        own = settings.tiles.get(layer.name)
        settings = settings.model_copy(
            update={
                # Layers are machines of their own here: with one seed all would draw the same
                # noise.
                "seed": settings.seed + number,
                "tiles": {} if own is None else {layer.name: own},
            }
        )
        (shape,) = layer.input_shapes
        outputs = layer.output_elements
        network = Network(
            layer.name,
            (
                Layer("input", "input", (), (), shape),
                dataclasses.replace(layer, inputs=("input",)),
                Layer("flat", "flatten", (layer.name,), (layer.output_shape,), (outputs,)),
            ),
        )
        # The module's weights, which its user may have trained before.
        first = FirstWeights({layer.name: np.ascontiguousarray(weights, F)})
        self.machine = Machine(network, settings, first)
        self.settings = settings
        self.images = 0
        self.waiting = 0
        self.returned = False
        self.tested = 0

    def forward(self, inputs: np.ndarray, learn: bool) -> np.ndarray:
        """Read the arrays.

        Args:
            inputs: float32 (images, values).
            learn: whether errors will come back; else it is a test, which counts nothing.

        Returns:
            float32 (images, values).

        Raises:
            InputError: for a second mini-batch before the first was learnt, or a larger one than
                there is memory for.
        """
        images = len(inputs)
        # The second read would overwrite the inputs that the update needs.
        if learn and self.waiting:
            raise InputError(
                "this layer was read again before its optimiser's step",
                where=self.layer.name,
                hint="a layer is used once a mini-batch; call step() behind backward(), or forget() of the "
                "chip behind a pass that ended early",
            )
        # The room for kept inputs was made for a mini-batch of this size; fewer (the last of an
        # epoch) fit.
        if learn and images > self.settings.batch:
            raise InputError(
                "more images than a mini-batch has",
                where=self.layer.name,
                got=images,
                allowed=f"up to {self.settings.batch}",
            )
        results = np.zeros((images, self.layer.output_elements), F)
        self._run(inputs, results, learn, False)
        if learn:
            self.waiting = images
            self.returned = False
        else:
            self.tested += images
        return results

    def forget(self) -> None:
        """Have no mini-batch waiting."""
        self.waiting = 0
        self.returned = False

    def backward(self, errors: np.ndarray, wanted: bool) -> np.ndarray:
        """Take the errors of a mini-batch's outputs back.

        Args:
            errors: float32 (images, values), minus the gradient of the mean loss.
            wanted: whether a layer below needs those of the inputs; else the arrays are not read.

        Returns:
            float32 (images, values), zeros where they are not wanted.
        """
        machine = self.machine
        # The first layer needs no errors of its inputs, and a chip wouldn't read for them.
        machine.program.operations[:, BACKWARD] = int(wanted)
        # Before the read back: rules with a copy read errors through it.
        machine.copy_weights()
        results = np.zeros((len(errors), math.prod(self.layer.input_shapes[0])), F)
        self._run(errors, results, True, True)
        if machine.copies is not None:
            machine.totals[:, 1] = 0  # products in the vector unit are no reads
        self.returned = True
        return results

    def learn(self) -> None:
        """A step of the update rule on the mini-batch that was read. Raises InputError where no
        errors came back.
        """
        if not self.waiting or not self.returned:
            raise InputError(
                "no errors came back to this layer",
                where=self.layer.name,
                hint="call backward() on the loss before step()",
            )
        machine = self.machine
        images = self.waiting
        machine.update(images, self.images)
        every = machine.upkeep_images
        # The step counts images and not calls, as in archsim's own loop, so draws and refreshes
        # fall alike.
        before = self.images
        self.images = self.images + images
        if machine.arrays.needs_maintenance and before // every != self.images // every:
            machine.maintain(1, self.images, every)
        self.waiting = 0

    def _run(self, given: np.ndarray, results: np.ndarray, learn: bool, back: bool) -> None:
        machine = self.machine
        # Keys of draws far from those of training, so that a test between two mini-batches changes
        # nothing of what follows.
        step = self.images if learn else EVALUATION + self.tested
        totals = machine.totals
        samples = machine.samples
        counted = machine.results
        memory = machine.memory
        if not learn:  # a mini-batch that waits stays as it is
            totals = np.zeros_like(totals)
            samples = np.zeros_like(samples)
            counted = np.zeros_like(counted)
            memory = np.zeros((1, machine.program.memory), F)
        open_doors(machine.program.operations)
        one_way_of()(
            plain(machine.program.tables(machine.second)),
            plain(BothWays(machine.arrays.weights, machine.backward_weights)),
            plain(BothWays(machine.forward, machine.backward)),
            plain(Workspace(memory, machine.errors, machine.room, machine.words, machine.answers)),
            plain(Counters(totals, samples, counted)),
            plain(machine.stored),
            plain(StepKeys(as_word(machine.settings.seed), as_word(step), learn, True, learn)),
            np.ascontiguousarray(given, F),
            results,
            back,
        )
