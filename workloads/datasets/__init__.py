"""Labelled images to train on: MNIST, Fashion-MNIST, CIFAR-10, an embedded set of digits, and arrays of an
.npz file.

`load_dataset(name_or_path)` gives a `Dataset`; `list_datasets()` names what there is;
`fetch_dataset(name)` puts the files of one into the cache; `fit_dataset(network, dataset)` brings
the images to the form that a network takes, or says why they do not fit. Begin with `dataset.py`.
"""

from workloads.datasets.dataset import Dataset, fit_dataset
from workloads.datasets.load import fetch_dataset, list_datasets, load_dataset

__all__ = ["Dataset", "fetch_dataset", "fit_dataset", "list_datasets", "load_dataset"]
