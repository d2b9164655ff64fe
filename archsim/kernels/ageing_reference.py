"""NumPy twin of `ageing.pass_time`, on whole arrays."""

from __future__ import annotations

import numpy as np

from archsim.kernels.ageing import LOWER, UPPER, Laws, Past, Spell


def pass_time_reference(
    state: np.ndarray, planes: np.ndarray, past: Past, laws: Laws, spell: Spell
) -> None:
    """See `ageing.pass_time`: the same laws from their closed forms, in place."""
    written = state != past.seen
    past.ages[written] = 0.0
    value = state.astype(float) + np.where(written, 0.0, past.rest)
    factor = np.ones(state.shape)
    if laws.exponents.size:
        # The whole law before and after, where the kernel takes the logarithm of their ratio.
        before = 1 + past.ages / laws.reference
        after = 1 + (past.ages + spell.seconds) / laws.reference
        factor = factor * (after / before) ** -laws.exponents.astype(float)
    if laws.retentions.size:
        factor = factor * np.exp(-spell.seconds / laws.retentions.astype(float))
    past.ages[...] += spell.seconds
    value = laws.rest_weight + (value - laws.rest_weight) * factor
    upper = planes[:, :, UPPER].astype(float)
    value = np.clip(upper - (upper - value) * spell.kept, planes[:, :, LOWER], upper)
    state[...] = value
    past.rest[...] = value - state
