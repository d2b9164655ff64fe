"""What an update rule declares beside its hardware face: what a user reads of it, which training
settings suit it, which of its settings act, what layers without an array cost with it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from archsim.chip.standard import STANDARD_CHIP
from archsim.schemes.tuned import Tuned

SUGGESTED = ("learning_rate", "batch", "initial_scale")


class DeclaredOfTraining(BaseModel):
    """The settings of an update rule are its fields; all else here has a default that a rule may
    leave.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()  # keys of hwlib/sources.bib
    transposed_read: ClassVar[bool] = False
    default_chip: ClassVar[str] = STANDARD_CHIP  # the chip of a training where the user names none
    # Range of a layer's devices in its largest first weight, where they are programmed with verify:
    # more costs precision, less clips weights. Chosen on held-out parts of three training sets.
    verified_range: ClassVar[float] = 4.0
    # weights on no array: exact products on multiply-accumulate lanes, without devices
    digital_baseline: ClassVar[bool] = False
    # Whether its algorithm trains biases that are digital words as it trains weights; else they move
    # by plain gradient descent. The same in the rule (archsim/schemes/rule.py).
    trains_biases: ClassVar[bool] = False
    # errors taken back an image: 2 for target and output (softmax) one after the other
    output_errors: ClassVar[int] = 1

    # Training settings that suit it (learning_rate, batch, initial_scale; epochs that the digits
    # need), and settings with which one small mini-batch moves weights clearly: the conformance
    # battery trains with these, and with every variant: a name with what is different in
    # {"practice": {...}, "trial": {...}}.
    practice: ClassVar[dict[str, Any]] = {}
    trial: ClassVar[dict[str, Any]] = {}
    variants: ClassVar[dict[str, dict[str, dict[str, Any]]]] = {}
    # Beside the learning rate, the one or two settings that a comparison tunes, with the ranges that
    # the rule's source tries or leaves open.
    tuned: ClassVar[tuple[Tuned, ...]] = ()
    # Learning rate by the setting `optimiser`, where it is not the one of `practice`.
    optimiser_rates: ClassVar[dict[str, float]] = {}

    @property
    def unused(self) -> frozenset[str]:
        """Settings that this variant of the scheme does not use: changing one of them changes no
        bit of any result.
        """
        return frozenset()

    def unused_on(self, device: Collection[str] | None) -> frozenset[str]:
        """Settings that this variant reads, and not in a training on such devices.

        Args:
            device: names of the parameters of the weights' devices; None: weights are exact.

        Returns:
            names of settings.
        """
        return frozenset()

    @property
    def unused_changes(self) -> list[str]:
        """The settings that were given a value of their own and are not used."""
        fields = type(self).model_fields
        return sorted(
            name
            for name in self.unused
            if getattr(self, name) != fields[name].get_default(call_default_factory=True)
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a result has to say about these settings: notes of every training step."""
        return ()

    @property
    def layer_work(self) -> dict[str, float]:
        """Actions of the vector unit that move one trained word of a layer without an array (the
        scale of a normalisation), once a batch: plain gradient descent.
        """
        return {"multiply_add": 1}

    @property
    def layer_words(self) -> int:
        """Words that such a trained word takes: its gradient, itself, what the optimiser keeps."""
        return 2

    @property
    def keeps_biases(self) -> bool:
        """Whether its state words hold the digital biases that it trains, as copies of weights do."""
        return True

    @property
    def suggested(self) -> dict[str, float | int]:
        """Fields of the training settings that suit this scheme where the user names none: learning
        rate, mini-batch, first weights.
        """
        # Epochs are no suggestion: how long to train depends on the data.
        suggested = {name: self.practice[name] for name in SUGGESTED if name in self.practice}
        # Rates of Adam and of plain descent differ by orders of magnitude.
        rate = self.optimiser_rates.get(getattr(self, "optimiser", ""))
        return suggested if rate is None else suggested | {"learning_rate": rate}
