"""The report of a sweep: Pareto plots with bands, sensitivities, effects, tables of the designs.

In goes a checked `sweep.json` (`page.load_document`); `view.SweepView` gives it as rows. Begin with
`view.py`, then `page.py`.
"""
