"""The commands: one file each, named after the command, with `configure` and `execute`.

In: the words of a line, read by argparse (`options.py` and `network_options.py` hold those that
several take). Out: text or JSON on stdout, all else on stderr (`output.py`), files written whole,
and an exit code. Nothing is worked out here. Imports stand where they are used, so that `archsim
--help` stays quick. Begin with `main.py`, then `run.py`.
"""
