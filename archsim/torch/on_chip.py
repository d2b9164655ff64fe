"""The verb `on_chip`: a module whose products are read from the arrays of a chip."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from archsim.chip import load_architecture
from archsim.run.result import Result
from archsim.run.step_trace import step_trace
from archsim.run.training_cost import MeasuredTraining, cost_of_steps
from archsim.run.training_start import TrainingTerms, training_start
from archsim.schemes import load_scheme
from archsim.torch.layer_arrays import LayerArrays
from archsim.torch.modules import FoldedArrays, OnArrays, SchemeOptimiser, matrix_of
from archsim.training.recorder import measured_activities
from hwlib.errors import InputError
from workloads.onnx.origin import safe
from workloads.torch_module import from_torch

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.trace import Activity
    from archsim.trace.upkeep import Refreshes
    from archsim.training.settings import TrainingSettings
    from workloads.network import Layer, Network

# Attention and recurrent modules hide their products inside functions that nothing can be put in
# place of: they take the weights of their parts and call none.
_TURNED = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d)
_KINDS = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d, *_TURNED)
_HIDING = (torch.nn.MultiheadAttention, torch.nn.RNNBase)


class OnChip:
    """A module on a chip. `module` is called as the one that it was made of, `network` what is
    priced; `settings` those of the training, `notes` what the chip leaves open.
    """

    def __init__(
        self,
        module: Any,
        network: Network,
        chip: Architecture,
        scheme: Scheme,
        settings: TrainingSettings,
        notes: list[str],
    ):
        self.module = module
        self.network = network
        self.chip = chip
        self.scheme = scheme
        self.settings = settings
        self.notes = notes

    def __call__(self, *inputs: Any) -> Any:
        """The module's outputs, its products read from the arrays."""
        return self.module(*inputs)

    @property
    def layers(self) -> dict[str, OnArrays]:
        """The layers on arrays by their names in the network."""
        return {
            part.arrays.layer.name: part
            for part in self.module.modules()
            if isinstance(part, OnArrays)
        }

    def optimiser(self) -> SchemeOptimiser:
        """The update rule as an optimiser of PyTorch: `zero_grad`, then `backward` on the mean loss of
        a mini-batch, then `step`.
        """
        return SchemeOptimiser(self.layers.values(), self.settings.learning_rate)

    def other_parameters(self) -> Iterator[Any]:
        """Parameters that no array holds, for an optimiser of PyTorch."""
        # By identity, for tensors compare elementwise.
        anchors = {id(layer.anchor) for layer in self.layers.values()}
        return (held for held in self.module.parameters() if id(held) not in anchors)

    def forget(self) -> None:
        """Forget a mini-batch that was read and not learnt, as where its pass ended by an error."""
        for layer in self.layers.values():
            layer.arrays.forget()

    def price(self, node_nm: float | None = None) -> Result:
        """What the steps of the training cost on the chip, with the activity that they had.

        Args:
            node_nm: node of the prices in nm; None for the chip's own.

        Returns:
            the `Result` of some training steps.

        Raises:
            InputError: before the first step.
        """
        activities: dict[tuple[str, str], Activity] = {}
        refreshes: dict[str, Refreshes] = {}
        images = 0
        for layer in self.layers.values():
            machine = layer.arrays.machine
            activities |= measured_activities(machine)
            refreshes |= machine.arrays.refreshed
            # Layers that a step has passed over (a branch not taken) have seen fewer.
            images = max(images, layer.arrays.images)
        if not images:
            raise InputError("nothing was trained yet", where="price", hint="train it before")
        trace = step_trace(self.network, self.scheme, self.settings)
        measured = MeasuredTraining(
            trace,
            activities if trace.matrices else {},
            refreshes,
            images,
            self.settings,
            self.network,
        )
        return cost_of_steps(measured, self.chip, self.scheme, node_nm).result


def on_chip(
    module: Any,
    example: Any,
    chip: str | Path | Architecture | None = None,
    scheme: str | Scheme = "sgd",
    batch: int | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> OnChip:
    """Put the linear and convolution layers of a module on the arrays of a chip.

    Args:
        module: a `torch.nn.Module`, which stays as it is: a copy goes on the chip, with its weights.
        example: an input of the module, with the batch as its first axis.
        chip: a name, a path or an `Architecture`; None for the scheme's own.
        scheme: the update rule, by name or as a `Scheme`.
        batch: most images of a mini-batch; None for what the scheme suggests.
        seed: of everything random on the arrays.
        settings: changes of the training ({"learning_rate": 0.02, "device": "pcm"}).

    Returns:
        the `OnChip`.

    Raises:
        InputError: as `from_torch` and `train`, and for a layer on arrays that is no module of its
            own.
    """
    network = from_torch(module, example)
    rule = load_scheme(scheme)
    # Autograd carries one gradient to each output.
    if rule.output_errors > 1:
        raise InputError(
            "this update rule takes target and output back as two errors: a loop of PyTorch has one",
            where="scheme",
            got=rule.name,
        )
    built = load_architecture(rule.default_chip if chip is None else chip)
    wanted = dict(settings or {})
    device = wanted.pop("device", None)
    start = training_start(network, built, rule, TrainingTerms(1, batch, seed, device, wanted))
    # The caller's module stays as it is, to be compared with.
    placed = copy.deepcopy(module)
    _replace(placed, network, start.settings)
    return OnChip(placed, network, start.chip, start.scheme, start.settings, start.notes)


def _as_called(layer: Layer, part: Any) -> Layer:
    """The layer with the padding of the module itself: the network has a padding before it in it, too."""
    if isinstance(part, (torch.nn.Linear, *_TURNED)):
        return layer
    top = left = bottom = right = 0
    if part.padding_mode == "zeros":
        # (left, right) of the last axis, then (top, bottom), of a line's one axis alone
        left, right, top, bottom = [*part._reversed_padding_repeated_twice, 0, 0][:4]
    own = (top, left, bottom, right)
    before = [both - its for both, its in zip(layer.padding, own)]
    (channels, height, width), *_ = layer.input_shapes
    shape = (channels, height + before[0] + before[2], width + before[1] + before[3])
    return dataclasses.replace(layer, padding=own, input_shapes=(shape,))


def _replace(module: Any, network: Network, settings: TrainingSettings) -> None:
    """Put the module's layers on arrays, in place. Raises InputError for one that is no module."""
    layers = {layer.name: layer for layer in network.array_layers}
    hidden = {
        f"{path}.{inner}"
        for path, part in module.named_modules()
        if isinstance(part, _HIDING)
        for inner, _ in part.named_modules()
    }
    number = 0
    # A list first, as modules are replaced while it is gone through.
    for path, part in list(module.named_modules()):
        name = safe(path)
        if not isinstance(part, _KINDS) or name not in layers or path in hidden:
            continue
        layer = _as_called(layers.pop(name), part)
        arrays = LayerArrays(layer, matrix_of(part), settings, number)
        parent = module.get_submodule(path.rpartition(".")[0])
        read = OnArrays(arrays, part)
        placed = FoldedArrays(read, part) if isinstance(part, _TURNED) else read
        setattr(parent, path.rpartition(".")[2], placed)
        number += 1
    if layers:
        raise InputError(
            "layers on arrays are not linear or convolution modules of their own",
            where=f"network '{network.name}'",
            got=", ".join([*layers][:5]),
            hint="torch.nn.Linear, Conv1d, Conv2d, ConvTranspose1d and ConvTranspose2d, each with a name in "
            "the module and called once; attention written with them instead of MultiheadAttention",
        )
