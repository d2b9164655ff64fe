"""Studies under `reports/`: run their rows, and make tables and figures of what was trained."""
