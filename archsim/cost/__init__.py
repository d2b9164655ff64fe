"""Count, then price: a ledger times the prices of hwlib, and the trail behind each number.

In come an inventory and a ledger; out come an `Estimate` (`estimate.py`), the priced fields of a
result document (`document.py`) and the explanation of any number of it (`explain.py`).
`added_up.py` holds stored results against themselves. Begin reading with `estimate.py`.
"""
