"""`archsim compare` as a user types it: what it prints, writes and refuses, and what its display
shows.
"""

import csv
import io
import json
import time

import pytest
from rich.console import Console

from archsim.comparison.run import Status
from archsim.report.comparison.progress import describe, share_done, watch_schemes
from archsim.report.comparison.terminal import print_comparison

NOW = {
    "epoch": 2,
    "epochs": 4,
    "images": 500,
    "images_per_epoch": 1000,
    "running_error_percent": 12.5,
    "images_per_second": 1234.0,
}


def test_a_comparison_from_start_to_files(call, in_this_process, tmp_path):
    line = (
        "compare",
        "digits_cnn",
        "--arch",
        "cim40",
        "--schemes",
        "sgd,rpu:training.learning_rate=0.05,zero_shift",
        "--images",
        60,
        "--seed",
        2,
        "--jobs",
        1,
        "--out",
        "run",
        "--set",
        "read.transposed=true",
    )
    code, out, err = call(*line, "--json")
    document = json.loads(out)
    assert (
        code == 0
        and list(document)[:4] == ["schema", "schemes", "refused", "command"]
        and document["refused"] == {}
    )
    assert document["command"].startswith("archsim compare digits_cnn --arch cim40 --schemes sgd,")
    assert [item["label"] for item in document["schemes"]] == [
        "sgd",
        "rpu:training.learning_rate=0.05",
        "zero_shift",
    ]
    assert document["schemes"][1]["training"]["settings"]["learning_rate"] == 0.05
    assert document == json.loads((tmp_path / "run" / "compare.json").read_text())
    assert "sgd: " in err and "report: run/report.html" in err
    rows = list(csv.DictReader((tmp_path / "run" / "compare.csv").open()))
    assert [row["label"] for row in rows] == [item["label"] for item in document["schemes"]]
    for item in document["schemes"]:
        assert {
            "by_component",
            "by_phase",
            "epochs",
            "training",
            "device",
            "writes_per_device",
            "images_per_second",
        } <= set(item)
    assert (tmp_path / "run" / "rpu--training.learning_rate=0.05" / "measured.json").exists()
    assert call(*line)[0] == 2  # the folder is taken
    code, out, err = call(*line, "--resume")
    assert code == 0 and "rpu:training.learning_rate=0.05" in out and "Images / s" in out
    assert call(*line, "--resume", "--quiet") == (0, "", "")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_the_table_cuts_nothing_at_any_width(width):
    row = {
        "device": "gokmen2016",
        "accuracy_percent": 97.25,
        "accuracy_std": 0.125,
        "area_mm2": 4.862,
        "power_uw": 61_030.0,
        "energy_per_image_j": 2.759e-6,
        "system_energy_per_image_j": 3.518e-6,
        "off_chip": "state spilled off chip",
        "update_energy_per_image_j": 4.71e-7,
        "latency_per_image_s": 4.52e-5,
        "writes_per_device": 12_613.5,
        "most_writes_per_device": 47_520.9,
        "extra_memory_kib": 783.2,
        "tiles": 14,
        "images_per_second": 2130.0,
    }
    text = io.StringIO()
    print_comparison(
        [{**row, "label": "rpu"}, {**row, "label": "tiki_taka:version=agad"}],
        {"hic": "no"},
        Console(file=text, width=width),
    )
    shown = text.getvalue()
    assert (
        max(map(len, shown.splitlines())) <= width
        and "…" not in shown
        and "hic: not run: no" in shown
    )
    for words in ("rpu ", "tiki_taka:version=ag", "97.25 ± 0.12 %", "gokmen2016", "2.759 µJ"):
        assert words in shown, words
    for heading, value in (
        ("Power", "61.03 mW"),
        ("Area", "4.862 mm²"),
        ("Extra", "783.2 KiB"),
        ("with its", "3.518 µJ"),
        ("Spilled", "state"),
        ("on a core", "2,130"),
        ("/ device", "1.261e+04"),
    ):
        assert (heading in shown) == (value in shown), heading
    assert ("783.2 KiB" in shown) == (width == 200) == ("61.03 mW" in shown)
    assert ("4.862 mm²" in shown) == (width >= 80)


BAD_LINES = [
    ("compare digits_cnn --schemes rpuu", "did you mean 'rpu'"),
    ("compare digits_cnn --schemes sgd:optimizer=adam", "did you mean 'optimiser'"),
    ("compare digits_cnn --rate 0", "above zero"),
    ("compare digits_cnn --jobs 0", "1 to 4096"),
    ("compare digits_cnn --seeds 0", "1 to 1000"),
    ("compare digits_cnn --tune many", "not a whole number"),
    ("compare digits_cnn --device ecrma", "did you mean 'ecram'"),
    ("compare digits_cnn --device ecram --schemes rpu:device=pcm", "for all schemes"),
    ("compare digits_cnn --tune-images 5", "number by tune"),
    ("compare digits_cnn --tune 2 --tune-images 1437", "1150"),
    ("compare digits_cnn --tune 2 --images 5", "10 or more"),
    (
        "compare digits_cnn --tune 2 --schemes rpu:update_management=true:training.initial_scale=1"
        ":training.learning_rate=0.1",
        "nothing is left to tune",
    ),
    ("compare digits_cnn --resume", "--out"),
    ("compare digits_cnn --data mnits", "did you mean 'mnist'"),
    ("compare digits_cnn --schemes rpu:training.batch=2 --batch 3", "for all schemes"),
    ("train digits_cnn --rate 0.1 --set training.learning_rate=0.2", "set twice"),
]


@pytest.mark.parametrize("line, message", BAD_LINES, ids=[line for line, _ in BAD_LINES])
def test_a_bad_line_gives_one_message(call, tmp_path, line, message):
    code, out, err = call(*line.split())
    assert (
        (code, out) == (2, "")
        and message in err
        and err.count("\n") == 1
        and not list(tmp_path.iterdir())
    )


def test_what_the_display_says_of_a_scheme():
    waiting = Status("sgd", "waiting", {})
    running = Status("rpu", "running", NOW)
    assert (
        share_done(waiting) == 0
        and share_done(running) == 0.375
        and share_done(Status("hic", "refused", {})) == 1
    )
    assert describe(running) == "epoch 2 of 4, 1,234 images/s, running error 12.50 %"
    assert "loading" in describe(Status("rpu", "running", {}))
    assert (
        describe(Status("rpu", "done", NOW, 97.5)) == "97.50 %"
        and describe(Status("x", "lost", {}, reason="died")) == "not run: died"
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_the_display_moves_on_a_terminal_and_tells_what_ended_everywhere(terminal):
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=terminal, highlight=False, markup=False)
    with watch_schemes(console) as show:
        show([Status("sgd", "running", NOW), Status("hic", "waiting", {})])
        time.sleep(0.3)  # the bar is drawn ten times a second
        show([Status("sgd", "done", NOW, 97.5), Status("hic", "running", NOW)])
        show(
            [
                Status("sgd", "done", NOW, 97.5),
                Status("hic", "refused", {}, reason="no [/transposed] reads"),
            ]
        )
    shown = text.getvalue()
    assert shown.count("sgd: 97.50 %\n") == 1 and "hic: not run: no [/transposed] reads" in shown
    assert ("1,234 images/s" in shown) == terminal and ("of 2 schemes" in shown) == terminal
