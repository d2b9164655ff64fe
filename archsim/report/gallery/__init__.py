"""The gallery of a folder of studies: one page over all, and one for each with its texts and plots.

In goes a folder; `study_folder.py` says what each study holds, `markdown.py` renders its texts with
links that lead somewhere, `gallery.py` writes the pages. Begin with `study_folder.py`.
"""
