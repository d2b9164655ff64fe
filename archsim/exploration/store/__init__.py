"""The rows of a sweep on disk and in memory.

`store.py` is one append-only file of JSON lines, each with its digest, safe against kill -9; `rows.py`
what a line is; `table.py` the points of a rung as columns; `schema.py` the form of `sweep.json`;
`versions.py` what a stored number depends on; `export.py` writes CSV and Parquet; `kept.py` prices a
stored sweep again. Begin with `store.py`.
"""
