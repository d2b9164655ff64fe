"""Wrong options, settings, results and traces: one clear message, exit code 2, nothing written."""

import json

import pytest

from archsim.cli.main import main

BAD_LINES = [
    ("", "no command"),
    ("runn lenet1", "did you mean 'run'"),
    ("--bogus", "no command"),
    ("--json run lenet1", "options stand after the command"),
    ("run", "NETWORK"),
    ("run lenet1 vgg8", "one argument too many"),
    ("run lenet1 --bach 3", "did you mean '--batch'"),
    ("cite somewhere --json --bibtex", "choose one form of output"),
    ("report somewhere --gallery --rung price", "only a sweep has rungs"),
    ("run lenet1 --batch", "expected one argument"),
    ("run lenet1 --batch 0", "allowed: 1 to 1000000"),
    ("run lenet1 --batch -4", "allowed: 1 to"),
    ("run lenet1 --batch 2.5", "not a whole number"),
    ("run lenet1 --batch 1e3", "not a whole number"),
    ("run lenet1 --images 99999999999999999999", "allowed: 1 to"),
    ("run lenet1 --images many", "not a whole number"),
    ("run lenet1 --seed -1", "allowed: 0 to"),
    ("run lenet1 --node 0", "not a number above zero"),
    ("run lenet1 --node nan", "not a number above zero"),
    ("run lenet1 --node inf", "not a number above zero"),
    ("run lenet1 --node -28", "not a number above zero"),
    ("run lenet1 --node 3", "7 to 180"),
    ("run lenet1 --node 1000", "7 to 180"),
    ("run lenet1 --phase trainig", "did you mean 'training'"),
    ("run lenet1 --phase training", "scheme"),
    ("run lenet1 --phase training --scheme sgdd", "did you mean 'sgd'"),
    ("run lenet1 --set scheme.optimiser=adam", "settings of a scheme without one"),
    (
        "run lenet1 --phase training --scheme sgd --set scheme.optimizer=adam",
        "did you mean 'optimiser'",
    ),
    ("run lenet1 --phase training --scheme sgd --set scheme.optimiser=adamm", "optimiser"),
    ("run lenet2", "did you mean 'lenet1'"),
    ("run no/such/file.toml", "no such file"),
    ("run .", "folder"),
    ("run /dev/null/x.onnx", "/dev/null/x.onnx"),
    ("run lenet1 --arch wu2032", "did you mean 'wu2023'"),
    ("run lenet1 --arch no/such.toml", "no/such.toml"),
    ("run lenet1 --arch .", "folder"),
    ("run lenet1 --set tile.rows", "field.path=value"),
    ("run lenet1 --set =3", "field.path=value"),
    ("run lenet1 --set tile.rows=", "field.path=value"),
    ("run lenet1 --set tile.rows=64 --set tile.rows=128", "set twice"),
    ("run lenet1 --set tile.rowz=64", "did you mean 'rows'"),
    ("run lenet1 --set tile.rows=-64", "tile.rows"),
    ("run lenet1 --set tile.rows=64.5", "tile.rows"),
    ("run lenet1 --set tile.rows=nan", "tile.rows"),
    ("run lenet1 --set tile.rows=many", "tile.rows"),
    ("run lenet1 --set tile.rows=1000000000", "tile.rows"),
    ("run lenet1 --set tile=3", "tile"),
    ("run lenet1 --set tile.rows.deep=3", "tile.rows"),
    ("run lenet1 --set clock_mhz=0", "clock_mhz"),
    ("run lenet1 --set execution.mode=piplined", "did you mean 'pipelined'"),
    ("run lenet1 --set components.adc.part=adc_sarr", "adc_sar"),
    ("run lenet1 --set components.adc.parameters.bits=99", "3 to 12"),
    ("run lenet1 --set tile.count=1", "tiles"),
    ("run lenet1 --json --csv", "choose one form of output"),
    ("run lenet1 --csv layers", "did you mean 'layer'"),
    ("run lenet1 --no-timing --vcd x.vcd", "--vcd"),
    ("run lenet1 --no-timing --data random", "--data"),
    ("run lenet1 --data nowhere.npz", "nowhere.npz"),
    ("run lenet1 --trace-out no/such/folder/x.json", "--trace-out"),
    ("run lenet1 --out setup.cfg", "not a folder"),
    ("run missing.json", "missing.json"),
    (f"run lenet1 --trace-out {'x' * 300}", "File name too long"),
    (f"run lenet1 --out {'x' * 300}", "File name too long"),
    ("list", "KIND"),
    ("list network", "did you mean 'networks'"),
    ("show network", "NAME"),
    ("show part adc_sar", "allowed: network"),
    ("show component adc_sarr", "did you mean 'adc_sar'"),
    ("show component adc_sar --set bitz=6", "did you mean 'bits'"),
    ("show component adc_sar --set bits=99", "3 to 12"),
    ("show component adc_sar --set bits=6.5", "not a whole number"),
    ("show component adc_sar --set bits=many", "adc_sar.bits"),
    ("show component adc_sar --set bits=nan", "adc_sar.bits"),
    ("show component adc_sar --node 1", "7 to 180"),
    ("show network lenet1 --set a=1", "no settings"),
    ("show network lenet1 --node 28", "--node"),
    ("show network lenet1 --toml", "only an architecture"),
    ("show architecture cim40 --toml --set tile.rows=64", "printed as it stands"),
    ("show device pcm --toml --out here", "draws nothing"),
    ("show figure adc_sar.energie", "unknown figure"),
    ("show scheme adam", "unknown scheme"),
    ("explain nowhere energy_j", "no such result"),
    ("explain setup.cfg energy_j", "cannot read the result"),
    ("report nowhere", "no such result"),
    ("trace lenet1 --phase training", "scheme"),
    ("trace lenet1 --out no/such/folder/x.json", "no/such/folder"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, so that anything half-written is seen."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "setup.cfg").write_text("[a]\n")
    return tmp_path


@pytest.mark.parametrize(
    "line, message", BAD_LINES, ids=[line or "nothing" for line, _ in BAD_LINES]
)
def test_a_bad_line_gives_one_message_and_exit_code_2(line, message, capsys, folder):
    code = main(line.split())
    out, err = capsys.readouterr()
    assert code == 2, err
    assert out == ""
    assert (
        message in err
        and err.startswith("archsim: ")
        and err.count("\n") == 1
        and "Traceback" not in err
    )
    assert [path.name for path in folder.iterdir()] == ["setup.cfg"]


@pytest.fixture(scope="module")
def good_trace(tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "trace.json"
    assert (
        main(
            [
                "trace",
                "lenet1",
                "--phase",
                "training",
                "--scheme",
                "sgd",
                "--out",
                str(path),
                "--quiet",
            ]
        )
        == 0
    )
    return path.read_text()


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda d: d.update(version=99), "version"),
        (lambda d: d.pop("matrices"), "matrices"),
        (lambda d: d.update(batch=-1), "batch"),
        (lambda d: d.update(surprise=1), "surprise"),
        (lambda d: d["image_operations"][0].update(steps="many"), "steps"),
        (lambda d: d["image_operations"][0].update(steps=-3), "steps"),
        (lambda d: d["image_operations"][0].update(kind="dance"), "kind"),
        (lambda d: d["image_operations"][0].update(after=["nobody"]), "nobody"),
        (
            lambda d: d["image_operations"][0].update(input_elements=float("nan")),
            "NaN|finite|input_elements",
        ),
        (lambda d: d.update(image_operations=3), "image_operations"),
    ],
)
def test_a_damaged_trace_is_refused(damage, message, good_trace, capsys, folder):
    import re

    document = json.loads(good_trace)
    damage(document)
    (folder / "bad.json").write_text(json.dumps(document))
    assert main(["run", "bad.json"]) == 2
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"{", b"[" * 100_000, b"null", b'{"version": 1}'],
    ids=["empty", "binary", "truncated", "deep", "null", "bare"],
)
@pytest.mark.parametrize("line", ["run bad.json", "explain bad.json energy_j", "report bad.json"])
def test_files_that_are_no_json_of_ours(content, line, capsys, folder):
    (folder / "bad.json").write_bytes(content)
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == "" and "bad.json" in err and err.count("\n") == 1


def test_real_data_that_is_no_data(capsys, folder):
    import numpy

    (folder / "text.npz").write_text("no archive")
    numpy.save(folder / "one.npy", numpy.zeros(3))
    numpy.savez(folder / "objects.npz", images=numpy.array([{}], dtype=object))
    for name in ("text.npz", "one.npy", "objects.npz"):
        assert main(["run", "lenet1", "--arch", "cim40", "--data", name]) == 2
        assert name in capsys.readouterr().err


def test_json_mode_keeps_stdout_clean_when_it_fails(capsys):
    assert main(["run", "lenet1", "--arch", "cim40", "--node", "3", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_numbers_that_no_tile_can_hold_are_refused(call, tmp_path):
    import numpy as np

    np.savez(tmp_path / "far.npz", images=np.full((1, 1, 8, 8), -1e300))
    code, out, message = call("run", "digits_cnn", "--arch", "cim40", "--data", "far.npz")
    assert (code, out) == (2, "") and "too large" in message and "1e+12" in message
