"""The loss of a training: softmax with cross-entropy, and its error."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.special import exponential, logarithm

ZERO = np.float32(0.0)


@kernel
def cross_entropy(logits, label, weight, of_target, of_output, errors):
    """Softmax cross-entropy of one vector: errors = weight (of_target onehot - of_output softmax),
    both shares 1 for minus the gradient.
    Returns the loss and the place of the largest logit."""
    classes = logits.shape[0]
    best = 0
    total = ZERO
    for k in range(classes):
        if logits[k] > logits[best]:
            best = k
    top = logits[best]
    for k in range(classes):
        errors[k] = exponential(logits[k] - top)
        total += errors[k]
    loss = logarithm(total) - (logits[label] - top)
    for k in range(classes):
        errors[k] = weight * ((of_target if k == label else ZERO) - of_output * (errors[k] / total))
    return loss, best
