"""The report of a comparison of update schemes.

In goes a checked `compare.json` (`page.load_comparison`); `view.ComparisonView` gives it as rows, one a
scheme, which curves, trade-offs, bars and tables show. Begin with `view.py`, then `page.py`.
"""
