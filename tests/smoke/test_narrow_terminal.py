"""Tables that a terminal of 80 columns must still show whole: no name cut short, no line too long."""

import pytest

from archsim.cli.main import main


@pytest.mark.parametrize(
    "line", ["show component adc_sar", "show figure adc_sar.energy_7", "validate"]
)
def test_80_columns(line, capsys, monkeypatch):
    if line == "validate":
        row = {
            "name": "a.b",
            "title": "LeNet-1, one image: energy of 707 tile operations",
            "source": "Wu 2023",
            "published": 1.9,
            "model": 0.67391,
            "unit": "uJ",
            "relative_difference": -0.645,
            "tolerance": 0.1,
            "kind": "predicted",
            "model_range": [0.161, 2.86],
            "criterion": "range",
            "within": True,
            "confidence": "published",
            "note": "a note",
        }
        second = row | {"criterion": "relative", "model_range": None, "within": False}
        monkeypatch.setattr("archsim.validation.run_checks", lambda *_: [row, second])
    monkeypatch.setenv("COLUMNS", "80")
    assert main(line.split()) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80 and "…" not in out
    checks = ("-64.5 %", "within", "outside", "±10 %", "0.161 to 2.86", "predicted")
    assert all(
        name in out for name in (("adc_sar.energy_7", "measured") if "adc_sar" in line else checks)
    )
