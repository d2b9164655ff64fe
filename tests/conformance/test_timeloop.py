"""Are problems of Timeloop and CiMLoop read as the layers that they mean, and nothing else?"""

import pytest

import archsim
from workloads import load_network

pytest.importorskip("yaml", reason="Timeloop's problems need the package PyYAML")

CIMLOOP = """{{include_text('../problem_base.yaml')}}
problem:
  <<<: *problem_base
  instance: {C: 3, M: 64, P: 112, Q: 110, R: 7, S: 5, HStride: 2, WStride: 3}

  name: Conv2d
  dnn_name: resnet18
  histograms:
    Inputs: [0.1, 0.8, 0.1]
"""
DEPTHWISE = """
problem:
  version: 0.4
  instance: {N: BATCH_SIZE, X: ENCODED_INPUT_BITS, G: 64, P: 54, Q: 34, R: 3, S: 3, Hdilation: 2}
"""
CLASSIC = "problem: {shape: cnn-layer, C: 16, K: 8, R: 1, S: 1, P: 7, Q: 7, N: 4}\n"
GEMM = """
problem:
  shape:
    name: GEMM
    dimensions: [M, N, K]
    data-spaces:
      - {name: Weights, projection: [[[N]], [[K]]]}
      - {name: Inputs, projection: [[[M]], [[K]]]}
      - {name: Outputs, projection: [[[M]], [[N]]], read-write: True}
  instance: {M: 12, N: 30, K: 20}
"""


@pytest.fixture
def read(tmp_path):
    def of(text, **options):
        path = tmp_path / "problem.yaml"
        path.write_text(text)
        return load_network(path, **options)

    return of


def test_a_folder_of_problems_is_a_network(tmp_path):
    for name, text in (("10", CLASSIC), ("2", DEPTHWISE), ("0", CIMLOOP), ("readme.txt", "x")):
        (tmp_path / (name if "." in name else f"{name}.yaml")).write_text(text)
    network = load_network(tmp_path)
    names = [layer.name for layer in network.array_layers]
    assert names == ["0_Conv2d", "2", "10"]  # numbers in the order of numbers
    first, second, third = network.array_layers
    # (112 - 1) 2 + 7 rows, (110 - 1) 3 + 5 columns of the image; 3 x 7 x 5 lines of 64 columns
    assert first.input_shapes == ((3, 229, 332),) and first.output_shape == (64, 112, 110)
    assert (first.matrix.rows, first.matrix.columns, first.matrix.vectors) == (105, 64, 12320)
    # (54 - 1) + 2 x 2 + 1 rows, dilated; (34 - 1) + 3 columns
    assert second.groups == 64 and second.input_shapes == ((64, 58, 36),)
    assert (second.matrix.rows, second.matrix.columns, second.matrix.groups) == (9, 1, 64)
    assert (third.matrix.rows, third.matrix.columns, third.matrix.vectors) == (16, 8, 49)
    # 105 x 64 x 12320 + 64 x 9 x 54 x 34 + 16 x 8 x 49
    assert network.multiply_accumulates == 82_790_400 + 1_057_536 + 6_272
    told = " ".join(network.notes)
    for text in ("included bases", "symbolic sizes", "batch N", "padding"):
        assert text in told
    assert archsim.simulate(network, "cim40", timing=False).energy_j > 0


def test_any_other_problem_is_a_product_by_its_data_spaces(read):
    (layer,) = read(GEMM).array_layers
    assert (layer.matrix.rows, layer.matrix.columns, layer.matrix.vectors) == (20, 30, 12)
    product = read(GEMM, products="problem").layers[-1]
    assert product.operator == "matmul" and product.input_shapes == ((12, 20), (20, 30))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: &x [1]\nproblem: {instance: {C: *x}}", "references are not read"),
        ("problem: !!python/object/apply:os.system [echo]", "not valid YAML"),
        ("problem: {instance: {C: 3, C: 4}}", "stands twice"),
        ("problem: {instance: {C: 0}}", "whole number from 1"),
        ("problem: {instance: {C: big}}", "whole number from 1"),
        ("problem: {instance: {C: 3, M: 2, T: 5}}", "no data spaces"),
        ("problem: {instance: {M: 2, K: 5}}", "no data spaces"),
        ("problem: [1]", "has no problem"),
        ("layers: 3", "has no problem"),
        ("problem: {instance: {C: 3", "not valid YAML"),
        (
            f"problem: {{instance: {{C: {'[' * 70}{']' * 70}}}}}",
            "nested too deeply; allowed: up to 60",
        ),
        (
            f"problem: {{instance: {{C: [{'1,' * 100_000}]}}}}",
            "the file is too large; got '200,0.. bytes'; allowed: at most 200,000 bytes",
        ),
        ("problem: {instance: {C: 1099511627776, M: 1099511627776}}", "too"),
        ("problem: " + "[" * 100 + "]" * 100, "nested too deeply"),
    ],
)
def test_what_is_no_problem_is_refused(read, text, fault):
    with pytest.raises(archsim.InputError, match=fault):
        read(text)


def test_options_of_other_files_are_refused(read):
    for options in ({"padding": "same"}, {"shapes": {"n": 1}}, {"batch_axis": 0}):
        with pytest.raises(archsim.InputError):
            read(CLASSIC, **options)
