"""The losses of a training, with their errors: softmax with cross-entropy, or squared distances."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.special import exponential, logarithm

ZERO, ONE = np.float32(0.0), np.float32(1.0)
HALF = np.float32(0.5)


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
    # The largest is taken off: exponentials of large scores would overflow.
    top = logits[best]
    for k in range(classes):
        errors[k] = exponential(logits[k] - top)
        total += errors[k]
    loss = logarithm(total) - (logits[label] - top)
    for k in range(classes):
        errors[k] = weight * ((of_target if k == label else ZERO) - of_output * (errors[k] / total))
    return loss, best


@kernel
def squared_distance(outputs, label, weight, of_target, of_output, errors):
    """Half the squared distance of one vector from its class, 1 for the right one and 0 for others,
    in the mean over the classes: errors = weight (of_target onehot - of_output outputs) / classes.
    Returns the loss and the place of the largest output.
    """
    classes = outputs.shape[0]
    best = 0
    total = ZERO
    share = ONE / np.float32(classes)
    for k in range(classes):
        if outputs[k] > outputs[best]:
            best = k
        target = ONE if k == label else ZERO
        total += (target - outputs[k]) * (target - outputs[k])
        errors[k] = weight * share * (of_target * target - of_output * outputs[k])
    return HALF * share * total, best
