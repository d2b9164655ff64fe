"""Rules that form the gradient of a mini-batch digitally and then write the weights.

In: gradients of the batch, summed in the vector unit. Out: weights in memory or on devices, by
write and verify (`sgd`, `lns_madam`), past a threshold (`mixed_precision`, `hic`) or by blind
pulses (`sign_sgd`). What they do to the weights stands in
`algorithms`. Begin with `sgd.py`, then `mixed_precision.py` and its rule.
"""
