"""Mistakes that a type checker has to see, one a line, each with the code that mypy gives it."""

import archsim

network = archsim.load_network(3)  # arg-type
chip = archsim.load_architecture("cim40", setings={})  # call-arg
result = archsim.simulate("lenet1", timming=False)  # call-arg
archsim.simulate("lenet1", batch="8")  # arg-type
print(result.area)  # attr-defined
print(result.cycles + 1)  # operator
archsim.build("lenet1").run(sead=1)  # call-arg
archsim.build("lenet1").train(epochs="3")  # arg-type
archsim.train("lenet1", epochs=1, folders="x")  # call-arg
archsim.compare("lenet1", job=2)  # call-arg
archsim.simulatte("lenet1")  # attr-defined
