"""Rules that keep the gradient of a mini-batch as a few outer products.

In: the inputs and errors of every image. Out: a change of rank k, from one of the estimators
(streaming principal components, LRT, SBE, or the exact decomposition as a reference), brought into
the array as outer products, as a sum, or element by element (`algorithms/sbpca_apply.py`).
`sbpca_work.py` counts arithmetic and memory. Begin with `sbpca.py`, then
`algorithms/sbpca_rule.py`.
"""
