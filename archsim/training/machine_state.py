"""Everything that a run on arrays changes: the program of its network, memories and counters."""

from __future__ import annotations

import numpy as np

from archsim.devices.constant_step import ConstantStep
from archsim.kernels.update_block import DRAWN, EVEN, GENERATED
from archsim.schemes.base import Scheme
from archsim.schemes.layer_state import LayerState
from archsim.schemes.shared.words import Arithmetic
from archsim.training.arrays import Arrays
from archsim.training.augmentation import require_images
from archsim.training.by_layer import read_of
from archsim.training.copies import copies_of
from archsim.training.cycles import present_of
from archsim.training.digital_biases import new_bias_words, round_first
from archsim.training.first_state import FirstWeights
from archsim.training.kept_words import LEAST_IMAGES, LayerMemory
from archsim.training.machine_checks import require_clock, require_memory, require_same_trainer
from archsim.training.peripheries import ideal_reads, peripheries
from archsim.training.program import build_program
from archsim.training.rule_step import Met, layer_states, met_by
from archsim.training.settings import (
    CORE_RULES,
    TrainingSettings,
    images_between,
    off_arrays,
    scheme_of,
)
from archsim.training.sliced_devices import slice_devices
from archsim.training.stored_values import new_stored
from archsim.training.table import COLUMNS
from archsim.training.trainable import with_outputs
from archsim.training.updates import update_kernel
from archsim.training.workspace import new_counters, new_workspace
from workloads.network import Network

F = np.float32


def _kind_of_trains(settings: TrainingSettings) -> int:
    """How pulse trains are made (see `kernels.update_block`)."""
    if settings.update.deterministic:
        return EVEN
    return DRAWN if settings.update.source == "ideal" else GENERATED


class MachineState:
    """What `machine.Machine` works on. Counters: `totals` int64 (arrays, 2, 4), `samples` (arrays,
    2, 5) and `counts` (arrays, 6) float64.
    """

    def __init__(
        self, network: Network, settings: TrainingSettings, first: FirstWeights | None = None
    ):
        self.settings = settings
        scheme = None if settings.rule in CORE_RULES else scheme_of(settings)
        self.program = build_program(
            network if settings.loss == "cross_entropy" else with_outputs(network),
            copies_of(settings, [layer.name for layer in network.matrix_layers]),
            scheme.output_errors if scheme else 1,
            settings.tiles,
        )
        self.arrays = Arrays(self.program, settings, first)
        for device in self.arrays.kinds_of_devices:
            require_clock(settings, device)
        self.upkeep_images = images_between(settings)
        slice_devices(self.arrays, settings)
        self.arithmetic = Arithmetic(**settings.digital.model_dump())
        self.kept = self._layer_memory(scheme, first)
        self.stored = new_stored(
            self.program, self.arithmetic, self.arrays.biases, self.kept.record
        )
        self.present = present_of(settings.loss)
        self.biases = new_bias_words(self.program, self.arrays.biases, self.arithmetic)
        self.second = self.program.second_arrays()
        law = type(self.arrays.device) if self.arrays.device else ConstantStep
        self.update_arrays = update_kernel(
            law.step, law.aggregated, law.paired, law.even_noise, _kind_of_trains(settings)
        )
        self.ideal = ideal_reads(len(self.program.arrays))
        reads = [read_of(settings, name) for name in self.program.names]
        self.forward, self.backward = peripheries(
            () if off_arrays(settings) else reads, self.arrays.device_of_array, self.arrays.scales
        )
        self.rule = (
            scheme.rule(self.layers(), settings.learning_rate, settings.batch, settings.seed)
            if scheme
            else None
        )
        require_same_trainer(scheme, self.rule, self.program)
        self.steps_biases = self.program.biases > 0 and not (self.rule and self.rule.trains_biases)
        if self.steps_biases:
            round_first(self.biases, self.program, settings.seed)
        self.copies = self.rule.backward_weights() if self.rule else None
        # Errors go back through digital copies in the vector unit: no converter stands in between.
        if self.copies is not None:
            self.backward = self.ideal
        self.backward_weights = (
            self.arrays.weights if self.copies is None else np.zeros_like(self.arrays.weights)
        )
        require_memory(settings, self.program)
        # No label has been seen yet: how many answers an image has is not known.
        self.memory, self.errors, self.room, self.words, self.answers = new_workspace(
            self.program, settings.batch, 0
        )
        self.rate = settings.learning_rate
        require_images(settings.augmentation, network.input_shape)
        self.clear_counters()

    def _layer_memory(self, scheme: Scheme | None, first: FirstWeights | None) -> LayerMemory:
        """The words of layers without arrays, as they begin."""
        settings = self.settings
        kept = LayerMemory(
            self.program, self.arithmetic, scheme, settings.learning_rate, settings.seed
        ).reaching(settings.statistics_images or max(settings.batch, LEAST_IMAGES))
        if first is not None and first.words is not None:
            kept.begin_with(first.words)
        return kept

    def layers(self) -> list[LayerState]:
        """The arrays as an update rule sees them. Raises InputError where a weight has several
        devices.
        """
        return layer_states(self.program, self.arrays, self.arithmetic)

    def seen(self, index: int, image: int | slice) -> Met:
        """Views of what array `index` met of an image of the last mini-batch, or of some."""
        trains_biases = self.rule is not None and self.rule.trains_biases
        return met_by(self.program, self.memory[image], index, trains_biases=trains_biases)

    def copy_weights(self) -> None:
        """Put the digital copies of the weights, where the rule has some, where errors go back."""
        if self.copies is None:
            return
        lines = self.program.arrays[:, COLUMNS]
        np.concatenate(
            [copy[:, :own].reshape(-1) for copy, own in zip(self.copies, lines)],
            out=self.backward_weights,
        )

    def clear_counters(self) -> None:
        """Start counting anew; device writes go on."""
        layers = len(self.program.arrays)
        self.reads_before = np.zeros(layers, np.int64)
        self.totals, self.samples, self.results = new_counters(layers)
        self.counts = np.zeros((layers, 6))
        if self.rule is not None:
            self.rule.clear()
