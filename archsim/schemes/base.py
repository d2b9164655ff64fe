"""What every update rule declares of its hardware face: parts it adds, memory it needs, operations
of a step.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from archsim.schemes.declared import DeclaredOfTraining
from archsim.trace.building_blocks import initial_weights
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation
from hwlib.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from archsim.chip.config import Architecture
    from archsim.schemes.layer_state import LayerState
    from archsim.schemes.rule import Reference, UpdateRule


class Scheme(DeclaredOfTraining, ABC):
    """An update rule. A subclass is one file: its settings are fields, its laws are the methods
    below.

    `parts` names components (role -> inventory entry) that the rule needs beyond those of
    inference; `algorithm` names the rule that a training run calls, as "module:class" (see
    archsim/schemes/rule.py), and `reference` the slow and plain function that it is tested against;
    `device` is the preset it trains on where the user names none ("": the one that the chip names).

    Strings, because the algorithm brings compiled kernels: a run that only prices a scheme never
    loads them, and the algorithm knows nothing of this class but the settings that it reads.
    """

    algorithm: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    device: ClassVar[str] = ""

    @abstractmethod
    def backward(self, stage: Stage, first: bool) -> list[Operation]:
        """Operations that take one image's error back through an array stage.

        Args:
            stage: the layer with its matrix.
            first: no layer below needs the error.

        Returns:
            the operations in their order.
        """

    @abstractmethod
    def image_update(self, stage: Stage) -> list[Operation]:
        """Operations of the update, once an image, for an array stage.

        Args:
            stage: the layer with its matrix.

        Returns:
            the operations in their order; none for a rule that works once a batch.
        """

    @abstractmethod
    def batch_update(self, stage: Stage, batch: int) -> list[Operation]:
        """Operations of the update, once a batch, for an array stage.

        Args:
            stage: the layer with its matrix.
            batch: images of the batch.

        Returns:
            the operations in their order; none for a rule that works image by image.
        """

    @property
    def core(self) -> str:
        """What trains it: "own", its `rule`; "rpu" or "float", a compiled rule of the training
        core; "": nothing yet.

        A subclass that brings a rule of its own is trained by that, whatever it inherits.
        """
        return "own" if self.algorithm or type(self).rule is not Scheme.rule else ""

    def reference_change(
        self,
        layer: LayerState,
        inputs: np.ndarray,
        errors: np.ndarray,
        rate: float,
        seed: int,
        step: int,
    ) -> np.ndarray:
        """Slow and plain: the expected change of a fresh layer's weights by one mini-batch.

        A scheme whose expectation has no closed form may draw the rule's own random numbers.

        Args:
            layer: a fresh layer; it may be changed.
            inputs: (images, N, V), as the rule gets them.
            errors: (images, M, V) or (images, 2, M, V), as the rule gets them.
            rate: learning rate.
            seed: of the rule's random numbers.
            step: number of the first image in the run.

        Returns:
            the change, (M, N).

        Raises:
            NotImplementedError: where the scheme has none.
        """
        if not self.reference:
            raise NotImplementedError(
                f"scheme {self.name} states no reference of its weight change"
            )
        # By name, as it lies beside the algorithm and its kernels.
        expected: Reference = pkgutil.resolve_name(self.reference)
        return expected(self, layer, inputs, errors, rate, seed, step)

    def forward(self, stage: Stage, operation: Operation) -> Operation:
        """The forward pass of an array stage in training.

        Args:
            stage: the layer with its matrix.
            operation: the read as an inference has it.

        Returns:
            the operation of a training step: `forward_read`, unless the weights are on no array.
        """
        return self.forward_read(operation)

    def forward_read(self, operation: Operation) -> Operation:
        """The forward read of an array stage as this scheme needs it in training.

        Args:
            operation: the read as an inference has it.

        Returns:
            the read of a training step.
        """
        return operation

    def setup_operations(self, stages: list[Stage]) -> list[Operation]:
        """Operations before the first image, done once and priced apart.

        The initial weights are programmed unless a scheme says otherwise.

        Args:
            stages: the layers with their matrices.

        Returns:
            the operations; those of a layer follow each other.
        """
        return [initial_weights(stage) for stage in stages if stage.on_array]

    def rule(self, layers: Sequence[LayerState], rate: float, batch: int, seed: int) -> UpdateRule:
        """The algorithm of this scheme for a training run.

        Args:
            layers: state of the layers on arrays.
            rate: learning rate.
            batch: images of a mini-batch.
            seed: of everything random.

        Returns:
            the `UpdateRule`.

        Raises:
            InputError: for a scheme that has none yet.
        """
        if not self.algorithm:
            raise InputError("this scheme has no training algorithm", where="scheme", got=self.name)
        made: UpdateRule = pkgutil.resolve_name(self.algorithm)(self, layers, rate, batch, seed)
        return made

    def arrays(self, stages: list[Stage]) -> list[LayerMatrix]:
        """Further matrices on tiles beside those of the layers (fast arrays, references).

        Args:
            stages: the layers with their matrices.

        Returns:
            matrices named `<layer>.<what>`; operations reach them by their field `array`. What of the
                periphery they share with others, their LayerMatrix says.
        """
        return []

    def weights_matrix(self, stage: Stage) -> LayerMatrix | None:
        """The matrix of a layer's weights, where their tiles borrow periphery from a further array.

        Args:
            stage: the layer with its matrix.

        Returns:
            the matrix, with what it borrows; None where the weights are on no array.
        """
        return stage.matrix

    def state_words(self, stages: list[Stage]) -> dict[str, float]:
        """Digital training memory.

        Args:
            stages: the layers with their matrices.

        Returns:
            words by purpose.
        """
        return {}

    def parts(self, chip: Architecture) -> dict[str, dict]:
        """Inventory entries that this rule adds to a chip.

        Args:
            chip: the chip that is asked to train by it.

        Returns:
            role -> {part, parameters, per, count, boundary}.
        """
        return {}


SCHEMES: dict[str, type[Scheme]] = {}


def register(cls: type[Scheme]) -> type[Scheme]:
    """Class decorator: enter a scheme under its name. A class of the same module replaces the one
    before (a cell that runs again).

    Raises InputError for a name that is taken.
    """
    # Another module: two rules of one name would stand in results under the same label.
    if cls.name in SCHEMES and SCHEMES[cls.name].__module__ != cls.__module__:
        raise InputError("another update scheme has this name", where="scheme", got=cls.name)
    SCHEMES[cls.name] = cls
    return cls
