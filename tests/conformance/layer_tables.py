"""Tables of layers as text, read; what is asked of a layer."""

from workloads import load_network

HEADER = (
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n"
)


def read(tmp_path, text, name="net.csv", **reading):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return load_network(path, **reading)


def note(network, words):
    return next(text for text in network.notes if words in text)
