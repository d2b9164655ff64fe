"""What was done, before anybody asks what it costs: counts of actions, and the components that did them.

In come actions from the event model and from the counts of traces; out goes a `Ledger` by component,
action, layer and phase, which `archsim.cost` prices. `Component` is one line of the inventory.
Begin reading with `ledger.py`.
"""
