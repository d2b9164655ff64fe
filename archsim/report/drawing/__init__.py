"""Plots as lists of plain marks, and what they are made of.

A `Drawing` holds rectangles, lines, texts and dots whose colours are tokens (`palette`); `svg` and
`raster` turn it into a file, with the same marks in both themes. `axes` and `scale` lead from values to
pixels, `frame` draws a grid with its ticks, `labels` finds positions for names, `format` writes numbers
for people. Begin with `drawing.py`; nothing here knows what a chip is.
"""
