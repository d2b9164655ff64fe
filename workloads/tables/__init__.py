"""Tables of layers: SCALE-Sim's and NeuroSim's files; `workloads/scalesim_file.py` is the door.

Such a file lists sizes and leaves out what joins the layers: the padding, which lines multiply two
activations, branches. What is read into it is chosen here, once for a whole file, and said in the
notes of the network. Begin reading with `topology.py`.
"""
