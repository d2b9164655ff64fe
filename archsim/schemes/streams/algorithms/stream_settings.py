"""What a rule on bit streams reads of its scheme: settings, sources of bits, multipliers."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from archsim.kernels import stream_records, streams
from archsim.kernels.random import as_word, stream_key
from archsim.schemes.layer_state import LayerState

U = np.uint64
STREAMS = U(20)  # the stream of random numbers of these rules, beside those of kernels.random
PRODUCTS, OPTIMISER = range(2)  # what the numbers are for: the step of their keys


class StreamSettings(Protocol):
    """What the rules read of their schemes."""

    resolution: int
    inputs_parallel: int
    errors_parallel: int

    @property
    def bits(self) -> int: ...
    @property
    def generator(self) -> str: ...
    @property
    def sharing(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def backward_in(self) -> str: ...
    def converters(self) -> int: ...
    def edges(self, outputs: int, inputs: int) -> dict[str, float]: ...
    def image_work(
        self, outputs: int, inputs: int, groups: int, vectors: int
    ) -> dict[str, float]: ...


def source_of(scheme: StreamSettings) -> int:
    """The generator of `kernels.streams`. Devices are independent of each other, as its counter is."""
    return streams.SOURCES.get(scheme.generator, streams.COUNTER)


def is_shared(scheme: StreamSettings) -> bool:
    """Whether the lines of a side see one random number."""
    return scheme.sharing != "element" and scheme.generator != "cbram"


def multiplier_of(scheme: StreamSettings, transfer: np.ndarray) -> stream_records.StreamMultipliers:
    """The block of multipliers of a scheme, with the thresholds of its converters."""
    return stream_records.StreamMultipliers(
        block=scheme.errors_parallel,
        group=scheme.inputs_parallel,
        length=scheme.bits,
        transfer=transfer,
        bipolar=scheme.encoding == "bipolar",
        single=scheme.sharing == "single",
    )


def numbers_of(
    scheme: StreamSettings, seed: int, layer: LayerState, use: int = PRODUCTS
) -> stream_records.Numbers:
    """The generators of a layer's streams, for its outer products or for its optimiser."""
    key = U(stream_key(as_word(seed), U(use), U(layer.tile), STREAMS))
    return stream_records.Numbers(
        source_of(scheme), streams.number_tables(), key, is_shared(scheme)
    )
