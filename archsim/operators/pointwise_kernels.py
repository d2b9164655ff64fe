"""Activation functions, the softmax with its cross-entropy, and their errors. Errors are minus the
gradient of the loss throughout.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.special import exponential, logarithm

F = np.float32
ZERO = F(0.0)
HALF = F(0.5)
ONE = F(1.0)
TWO = F(2.0)
TEN = F(10.0)


@kernel
def tanh(x):
    """tanh of float32, |x| clipped to 10; within 1e-6 of the exact value. Arithmetic that LLVM
    vectorises.
    """
    x = min(max(x, -TEN), TEN)
    power = exponential(TWO * x)
    return (power - ONE) / (power + ONE)


@kernel
def sigmoid(x):
    """1/(1 + exp(-x)) of float32."""
    return ONE / (ONE + exponential(-x))


@kernel
def apply_tanh(inputs, outputs):
    for k in range(inputs.shape[0]):
        outputs[k] = tanh(inputs[k])


@kernel
def apply_sigmoid(inputs, outputs):
    for k in range(inputs.shape[0]):
        outputs[k] = sigmoid(inputs[k])


@kernel
def apply_relu(inputs, outputs):
    for k in range(inputs.shape[0]):
        outputs[k] = max(inputs[k], ZERO)


@kernel
def back_tanh(outputs, errors, input_errors):
    for k in range(outputs.shape[0]):
        input_errors[k] += errors[k] * (ONE - outputs[k] * outputs[k])


@kernel
def back_sigmoid(outputs, errors, input_errors):
    for k in range(outputs.shape[0]):
        input_errors[k] += errors[k] * outputs[k] * (ONE - outputs[k])


@kernel
def back_relu(outputs, errors, input_errors):
    for k in range(outputs.shape[0]):
        input_errors[k] += errors[k] if outputs[k] > ZERO else ZERO


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
