"""The low-rank rules in training: samples stream through the estimator, its factors go into the
array once a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from archsim.kernels.low_rank import sbe_samples, sbpca_block
from archsim.kernels.low_rank_svd import lrt_samples, truncated_svd
from archsim.kernels.low_rank_words import FactorWords, lrt_words, sbe_words, store_factors
from archsim.kernels.outer import add_products
from archsim.kernels.random import as_word, stream_key
from archsim.schemes.layer_state import LayerState
from archsim.schemes.low_rank.algorithms.running_factors import RunningFactors
from archsim.schemes.low_rank.algorithms.sbpca_apply import (
    LowRank,
    apply_change,
    apply_outer_products,
    rebuilt_change,
)
from archsim.schemes.low_rank.sbpca_work import batch_work, block_work, sample_work
from archsim.schemes.low_rank.settings import LowRankSettings
from archsim.schemes.rule import UpdateRule
from archsim.schemes.shared.digital_rule import written_activity
from archsim.trace.operation import Activity

F = np.float32
U = np.uint64
# A stream of random numbers, beside those of kernels.random and of the estimate
SIGNS = U(42)
FACTORS = ("factors X", "factors D", "singular values")


class LowRankRule(UpdateRule[LowRankSettings]):
    """Streaming low-rank estimation and its application; see `Sbpca` for the settings."""

    layers_apart: ClassVar[bool] = True
    batches_apart: ClassVar[bool] = True

    def __init__(
        self,
        scheme: LowRankSettings,
        layers: Sequence[LayerState],
        rate: float,
        batch: int,
        seed: int,
    ):
        super().__init__(scheme, layers, rate, batch, seed)
        self.estimates = [RunningFactors(scheme, layer, batch, seed) for layer in self.layers]
        self.totals = np.zeros((len(self.layers), 2), np.int64)
        self.words.hold(*FACTORS, "gradient", "samples x", "samples d", "rebuilt change")
        for layer, estimate in zip(self.layers, self.estimates):
            self._store_factors(layer, estimate, 0)

    def image(self, layer: LayerState, inputs: np.ndarray, errors: np.ndarray, step: int) -> None:
        estimate = self.estimates[layer.index]
        scheme = self.scheme
        done = self.done[layer.index]
        rows, columns = layer.weights.shape
        count = inputs.shape[1]
        rank = scheme.rank_of(rows, columns)
        # the errors of the batch's mean loss become those of an image's own
        x = np.ascontiguousarray(inputs.T)
        d = np.ascontiguousarray(errors.T) * F(self.batch_size)
        done.add_work(sample_work(scheme.estimator, rows, columns, rank), count)
        if scheme.estimator == "sbe":
            factors = (estimate.X, estimate.D, estimate.s)
            if self.words.exact:
                sbe_samples(*factors, x, d, estimate.samples + 1)
            else:
                sbe_words(*factors, x, d, estimate.samples + 1, self._factor_words(layer, step))
        elif scheme.estimator == "svd":
            add_products(estimate.sum, inputs, errors, F(self.batch_size))
            self.words.store(layer, "gradient", estimate.sum, step)
        elif scheme.estimator == "lrt":
            if scheme.max_norm:
                d /= F(estimate.norm(d))
                done.add_work({"compare": rows, "multiply": rows}, count)
            key = as_word(stream_key(as_word(self.seed), as_word(step), as_word(layer.tile), SIGNS))
            arguments = (
                estimate.X,
                estimate.D,
                estimate.s,
                x,
                d,
                scheme.unbiased,
                scheme.condition_limit,
                key,
                self.totals[layer.index],
            )
            if self.words.exact:
                lrt_samples(*arguments)
            else:
                lrt_words(*arguments, self._factor_words(layer, step))
        else:
            self.words.store(layer, "samples x", x, step)
            self.words.store(layer, "samples d", d, step)
            self._gather(layer, estimate, x, d, step)
        estimate.samples += count
        estimate.images += 1

    def _factor_words(self, layer: LayerState, step: int) -> FactorWords:
        """Scales and keys of a layer's factors, for an image."""
        X, D, s = (self.words.kept[name, layer.index] for name in FACTORS)
        return FactorWords(X.scale, D.scale, s.scale, self.words.form, U(step), *X.keys)

    def _store_factors(
        self, layer: LayerState, estimate: RunningFactors, step: int, part: int = 0
    ) -> None:
        """Round the factors as they go back to the buffer."""
        if not self.words.exact and self.scheme.estimator != "svd":
            words = self._factor_words(layer, step)
            store_factors(estimate.X, estimate.D, estimate.s, words, U(part))

    def _gather(
        self, layer: LayerState, estimate: RunningFactors, x: np.ndarray, d: np.ndarray, step: int
    ) -> None:
        start = 0
        while start < len(x):
            taken = min(len(x) - start, estimate.block - estimate.filled)
            free = slice(estimate.filled, estimate.filled + taken)
            estimate.inputs[free], estimate.errors[free] = (
                x[start : start + taken],
                d[start : start + taken],
            )
            estimate.filled = estimate.filled + taken
            start = start + taken
            if estimate.filled == estimate.block:
                self._close(layer, estimate, step)

    def _close(self, layer: LayerState, estimate: RunningFactors, step: int) -> None:
        """End a sub-batch, full or the last of its batch."""
        if estimate.filled:
            sbpca_block(
                estimate.X,
                estimate.D,
                estimate.s,
                estimate.inputs,
                estimate.errors,
                estimate.filled,
                estimate.turn,
            )
            self._store_factors(layer, estimate, step, estimate.turn)
            rows, columns = layer.weights.shape
            self.done[layer.index].add_work(block_work(rows, columns, len(estimate.s)))
            estimate.filled = 0
            estimate.turn = estimate.turn + 1

    def batch(self, layer: LayerState, step: int) -> None:
        estimate = self.estimates[layer.index]
        scheme = self.scheme
        done = self.done[layer.index]
        rows, columns = layer.weights.shape
        rank = scheme.rank_of(rows, columns)
        done.add_work(batch_work(scheme.estimator, rows, columns, rank))
        X, D, s, factor = self._factors(layer, estimate, rank, step)
        if scheme.update_mode == "rank_seq":
            apply_outer_products(layer, scheme, LowRank(X, D, s, factor), done, self.seed, step)
            applied = True
        else:
            change = rebuilt_change(X, D, s, factor)
            self.words.store(layer, "rebuilt change", change, step)
            applied = apply_change(layer, scheme, change, rank, done, self.seed, step)
        if scheme.estimator == "lrt" and not applied:
            estimate.batches += 1
            return
        if scheme.estimator == "lrt":
            for values in (estimate.X, estimate.D, estimate.s):
                values[...] = 0
        elif estimate.images != self.batch_size:
            # a batch cut short: s in the unit of an image's own errors again
            estimate.s *= F(estimate.images / self.batch_size)
        estimate.sum[...] = 0
        estimate.turn = estimate.samples = estimate.images = 0
        estimate.batches = 1

    def _factors(
        self, layer: LayerState, estimate: RunningFactors, rank: int, step: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Unit vectors X (N, k), D (M, k), s (k) and the factor of their sum in the weight change."""
        X = estimate.X
        D = estimate.D
        s = estimate.s
        share = self.rate * estimate.samples / self.batch_size
        if self.scheme.estimator == "sbpca":
            self._close(layer, estimate, step)
        elif self.scheme.estimator == "sbe":
            return _unit(X), _unit(D), s, share
        elif self.scheme.estimator == "svd":
            truncated_svd(estimate.sum, X, D, s)
            share = self.rate / self.batch_size
        else:
            # the mean over all images kept, at a rate that grows with the root of their batches
            share = self.rate / max(1, estimate.images) * np.sqrt(estimate.batches)
            return X[:, :rank], D[:, :rank], s[:rank].astype(F), float(share)
        return X, D, s, share

    def state(self) -> dict[str, np.ndarray]:
        return {
            f"{layer.index}.{name}": getattr(self.estimates[layer.index], name)
            for layer in self.layers
            for name in ("X", "D", "s")
        }

    def facts(self) -> dict[str, Any]:
        names = ("samples", "images", "batches", "peak", "peaks")
        return {name: [getattr(estimate, name) for estimate in self.estimates] for name in names}

    def restore(self, facts: dict[str, Any]) -> None:
        for name, values in facts.items():
            for estimate, value in zip(self.estimates, values):
                setattr(estimate, name, value)

    def activity(self, layer: LayerState, before: Activity) -> Activity:
        if self.scheme.update_mode != "rank_seq":
            return written_activity(self, layer, before)
        done = self.done[layer.index]
        assumed = Activity()
        slots = done.sums.get("slots", 0.0)
        products = max(1, done.batches * self.scheme.rank_of(*layer.weights.shape))
        # exact weights have no pulses: what is assumed of them stays
        if layer.devices is None or slots == 0:
            return replace(
                before,
                row_pulses=assumed.row_pulses,
                column_pulses=assumed.column_pulses,
                coincidences=assumed.coincidences,
                train_length=float(self.scheme.train_length),
            )
        rows, columns = layer.weights.shape
        return replace(
            before,
            train_length=slots / products,
            row_pulses=done.sums["input_side"] / (slots * columns),
            column_pulses=done.sums["error_side"] / (slots * rows),
            coincidences=done.sums["coincidences"] / (products * rows * columns),
        )


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = float(np.sqrt((vectors.astype(np.float64) ** 2).sum()))
    return vectors / F(length) if length > 0 else vectors
