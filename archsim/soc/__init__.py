"""The SoC as a discrete-event model: blocks, their wiring and the run of a trace."""
