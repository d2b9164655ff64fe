"""Are values that are no numbers told with the layer that gives them, wherever data go through a network?"""

import numpy as np
import pytest

import archsim
from archsim.cli.main import main
from tests.members import every
from tests.onnx_models import model, node
from workloads.datasets import Dataset

FEATURES, CLASSES = 4, 3
IMAGES = 12
WEIGHTS = [("w", np.ones((CLASSES, FEATURES), np.float32))]
# A number by itself: one, and none for zero.
FAULTY = {
    "before an array": [
        node("Div", ["x", "x"], ["a"], name="share"),
        node("Gemm", ["a", "w"], transB=1),
    ],
    "at the end": [
        node("Gemm", ["x", "w"], ["a"], transB=1),
        node("Relu", ["a"], ["b"]),
        node("Div", ["b", "b"], name="share"),
    ],
    # what is chosen hides what is not
    "hidden at the end": [
        node("Div", ["x", "x"], ["q"], name="share"),
        node("Gemm", ["q", "w"], ["a"], transB=1),
        node("Equal", ["a", "a"], ["told"]),
        node("Where", ["told", "a", "w_0"]),
    ],
}
LAST = [("w_0", np.zeros(1, np.float32))]


@pytest.fixture(params=FAULTY)
def path(request, tmp_path):
    path = tmp_path / "faulty.onnx"
    shapes = [("x", [1, FEATURES])], [("y", [1, CLASSES])]
    path.write_bytes(model(FAULTY[request.param], *shapes, WEIGHTS + LAST).SerializeToString())
    return path


def pictures(zero):
    """Images of which one, behind those that calibrate, is zero where that is asked."""
    images = np.random.default_rng(2).uniform(0.5, 1, (IMAGES, FEATURES)).astype(np.float32)
    images[-1] *= not zero
    return images


def dataset(zero):
    images = pictures(zero)
    labels = np.arange(IMAGES) % CLASSES
    return Dataset("some", images[:4].copy(), labels[:4].copy(), images, labels, CLASSES)


def told(call):
    with pytest.raises(archsim.InputError, match="layer 'share': gives values that are no numbers"):
        call()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_they_are_told_with_their_layer(path):
    data = {"images": pictures(zero=True)}
    told(lambda: archsim.infer(path, "cim40", dataset(zero=True), seeds=1))
    told(lambda: archsim.simulate(path, "cim40", data=data, images=IMAGES))
    # nothing else is wrong with these networks
    archsim.infer(path, "cim40", dataset(zero=False), seeds=1)
    archsim.simulate(path, "cim40", data={"images": pictures(zero=False)}, images=IMAGES)


@every(
    "command",
    [
        "infer {network} --data {data} --arch cim40",
        "run {network} --data {images} --images 12 --arch cim40",
    ],
)
def test_the_command_line_tells_them_without_a_traceback(command, path, tmp_path, capsys):
    data, images = tmp_path / "data.npz", tmp_path / "images.npz"
    some = dataset(zero=True)
    np.savez(
        data,
        train_images=some.train_images,
        train_labels=some.train_labels,
        test_images=some.test_images,
        test_labels=some.test_labels,
    )
    np.savez(images, images=pictures(zero=True))
    assert main(command.format(network=path, data=data, images=images).split()) == 2
    said = capsys.readouterr().err
    assert "layer 'share': gives values that are no numbers" in said and "Traceback" not in said


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_a_choice_keeps_from_arrays_and_output_is_none_of_them(tmp_path):
    """Attention over no token at all is no number, and is replaced, as exporters write it."""
    nodes = [
        node("Div", ["x", "x"], ["q"]),
        node("IsNaN", ["q"], ["none"]),
        node("Where", ["none", "w_0", "q"], ["a"]),
        node("Gemm", ["a", "w"], ["b"], transB=1),
        node("Div", ["b", "b"], ["c"]),
        node("IsNaN", ["c"], ["nothing"]),
        node("Where", ["nothing", "w_0", "c"]),
    ]
    path = tmp_path / "masked.onnx"
    shapes = [("x", [1, FEATURES])], [("y", [1, CLASSES])]
    path.write_bytes(model(nodes, *shapes, WEIGHTS + LAST).SerializeToString())
    inferred = archsim.infer(path, "cim40", dataset(zero=True), seeds=1)
    assert 0 <= inferred.accuracy_percent <= 100
    data = {"images": pictures(zero=True)}
    run = archsim.simulate(path, "cim40", data=data, images=IMAGES)
    assert (run.reference_outputs[-1] == 0).all() and (run.reference_outputs[0] == 1).all()
    assert np.isfinite(run.outputs).all()
