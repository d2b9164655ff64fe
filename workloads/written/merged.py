"""Products that another layer takes as its own where a network leaves: a GRU those of its features, a
transposed convolution those of its windows.
"""

from __future__ import annotations

from archsim.operators.vocabulary import operator_of
from workloads.network import Network


def merged_products(network: Network) -> dict[str, str]:
    """By layer the product that it takes as its own: one that nobody else reads."""
    readers: dict[str, list[str]] = {}
    for layer in network.layers:
        for name in layer.inputs:
            readers.setdefault(name, []).append(layer.name)
    # Whose weights another layer reads must stay a layer of its own.
    shared = {layer.shares for layer in network.layers}
    products = {layer.name: layer for layer in network.array_layers}
    merged = {}
    for layer in network.layers:
        product = products.get(layer.inputs[0]) if layer.inputs else None
        if product is None or not operator_of(layer).takes_product(product):
            continue
        alone = readers[product.name] == [layer.name]
        if alone and not product.shares and product.name not in shared:
            merged[layer.name] = product.name
    return merged
