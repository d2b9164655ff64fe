"""Products that another layer takes as its own where a network leaves: a GRU those of its features, a
transposed convolution those of its windows.
"""

from __future__ import annotations

from workloads.network import Layer, Network


def merged_products(network: Network) -> dict[str, str]:
    """By layer the product that it takes as its own: one that nobody else reads."""
    readers: dict[str, list[str]] = {}
    for layer in network.layers:
        for name in layer.inputs:
            readers.setdefault(name, []).append(layer.name)
    shared = {layer.shares for layer in network.layers}
    merged = {}
    for layer in network.layers:
        fits = _PRODUCTS.get(layer.operator)
        if fits is None:
            continue
        product = network.layer(layer.inputs[0])
        alone = readers[product.name] == [layer.name]
        if alone and fits(product) and not product.shares and product.name not in shared:
            merged[layer.name] = product.name
    return merged


def _of_features(layer: Layer) -> bool:
    return layer.operator == "linear"


def _of_windows(layer: Layer) -> bool:
    plain = layer.kernel == (1, 1) and layer.stride == (1, 1) and not any(layer.padding)
    return layer.operator == "conv2d" and plain and not layer.bias


_PRODUCTS = {"gru": _of_features, "fold": _of_windows}
