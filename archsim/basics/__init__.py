"""What any room may need and no user thinks of.

Files written whole (`files.py`), folders that one command holds at a time (`folders.py`), processes
that end together (`processes.py`, `guardian.py`), products on one thread (`threads.py`), options of
public calls (`call_options.py`), fields off their default (`fields.py`), points of low discrepancy
(`sobol.py`). Knows no room but hwlib. Begin with `files.py`.
"""
