"""Device laws from measured curves.

In: a CSV of conductance over pulses (up, down, several devices and cycles) and over time. Out: the
parameters of a law with the spread from device to device and from cycle to cycle, their residuals,
and a device file. Begin with `fit.fit_device`; `measured` reads, `mean_device` runs a law without
its noise, `law_fit` fits one law, `noise` and `ageing` take the rest, `document` writes.
"""
