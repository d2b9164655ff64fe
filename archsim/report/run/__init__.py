"""The report of a run: headline, plots with captions, tables; as a page, in the terminal, as files.

In goes the JSON form of a result; `view.View` gives it as rows to show, and everything else reads
those. Begin with `view.py`, then `page.py`.
"""
