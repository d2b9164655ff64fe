"""Studies under `reports/`: run their rows, and make tables and plots of what was trained.

In: a `study.toml` (`study_file.py`). Out, beside it: the history of each row (`training.py`), plots
and report (`training_report.py`), and the priced tables that the file names (`priced_tables.py`),
which are made again without training (`reprice.py`, `moved.py` says what moved). A study with a
question of its own is a file here. Begin with `training.py`.
"""
