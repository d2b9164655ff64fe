"""Pages, plots and tables of what was worked out.

In go documents in their JSON form (`archsim.run.result_schema`, `compare.json`, `sweep.json`), never
objects of the simulator; out come one self-contained HTML file, SVG, PNG and CSV, and tables in the
terminal. `drawing` knows marks, scales and colours and nothing of chips; `plots` the plots of a run;
`run`, `training`, `comparison`, `sweep` and `gallery` hold a view of their document (`view.py`), its
tables, captions and page; `table.py` what a table is. Begin with `run/view.py` and `run/page.py`.
"""
