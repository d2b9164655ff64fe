"""A stand-in for the training core, for tests of what surrounds it."""

import pytest

from archsim.trace import Activity
from archsim.training import loop


@pytest.fixture
def core(monkeypatch):
    """The training core replaced by one that only notes what it was asked; change `core.answer` to
    change what it gives.
    """

    class Core:
        asked = {}

        def answer(self, result):
            return result

    made = Core()

    def train(network, data, settings, **options):
        made.asked = {"network": network, "data": data, "settings": settings, **options}
        if options["progress"]:
            options["progress"](
                {
                    "epoch": 1,
                    "epochs": settings.epochs,
                    "images": 5,
                    "images_per_epoch": 100,
                    "running_error_percent": 50.0,
                    "images_per_second": 10.0,
                }
            )
        layers = [layer.name for layer in network.array_layers]
        phases = ("forward", "backward", "update")
        activities, first = (
            {
                (name, phase): Activity("measured", train_length=length)
                for name in layers
                for phase in phases
            }
            for length in (2.0, 6.0)
        )
        history = [
            {
                "epoch": n + 1,
                "train_error_percent": 9.0 / (n + 1),
                "test_error_percent": 8.0 / (n + 1),
                "train_loss": 1.0,
                "test_loss": 1.0,
                "images_per_second": 2000.0,
                "seconds": 1.0,
            }
            for n in range(settings.epochs)
        ]
        writes = {
            name: {"mean": 4.0, "maximum": 9, "histogram": {"edges": [0, 4], "counts": [3, 7]}}
            for name in ["", *layers]
        }
        return made.answer(
            loop.TrainingResult(
                settings,
                network.name,
                data.name,
                history,
                activities=activities,
                activity_history=[first] + [activities] * (settings.epochs - 1),
                writes=writes,
                images=settings.epochs * len(data.train_labels),
                seconds=1.0,
                finished=True,
            )
        )

    monkeypatch.setattr(loop, "train", train)
    return made
