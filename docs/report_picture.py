"""The picture of a report in the README: `python docs/report_picture.py`, with Chromium on the path.

It is a real run: LeNet-1 trained by mixed precision on the chip of Wu 2023, one mini-batch.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs/static/report.png"
RUN = ["run", "lenet1", "--arch", "wu2023", "--scheme", "mixed_precision"]
STEP = ["--phase", "training", "--batch", "8", "--quiet"]
WIDTH, HEIGHT = 1180, 970


def main() -> None:
    """Runs, takes the picture, and keeps it small: few colours are enough for a page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("no Chromium")
    with tempfile.TemporaryDirectory() as temporary:
        line = [sys.executable, "-m", "archsim.cli.main", *RUN, *STEP, "--out", f"{temporary}/run"]
        subprocess.run(line, cwd=ROOT, check=True)
        shot = Path(temporary) / "report.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options += [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}"]
        page = (Path(temporary) / "run/report.html").as_uri()
        subprocess.run([browser, *options, page], check=True, capture_output=True)
        picture = Image.open(shot).convert("RGB").resize((WIDTH * 3 // 4, HEIGHT * 3 // 4))
        picture.quantize(64).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
