"""Does every setting move what is declared beside it: area, energy, time, accuracy, and nothing else?

In go the schemas of chip, parts, devices, rules and trainings, with their declarations
(`hwlib.effects`), never a list of fields; out come complaints. `machines.py` runs a small machine,
`fields.py` walks the schemas, `sightings.py` judges; begin there, then read `test_chip.py`.
"""
