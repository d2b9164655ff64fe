"""Broken network files, as TOML and as tables, with what the message has to say."""

TOP = "schema = 1\ninput = [3, 8, 8]\n"
CONV = '[[layer]]\nname = "conv1"\noperator = "conv2d"\nchannels = 4\nkernel = 3\n'
FLAT = '[[layer]]\nname = "flat"\noperator = "flatten"\n'
FC = '[[layer]]\nname = "fc"\noperator = "linear"\nfeatures = 10\n'
TOML = {
    "empty": ("", "the file is empty"),
    "no toml": ("this is [ no toml", "not valid TOML"),
    "truncated": (TOP + CONV[:-9] + '"', "not valid TOML"),
    "nested deeply": ("a = " + "[" * 100_000, "not valid TOML"),
    "digits without end": (TOP + "x = " + "9" * 10_000, "not valid TOML"),
    "no schema": ("input = [1]\n" + FC, "net.toml: field 'schema' is missing"),
    "future schema": ("schema = 7\ninput = [1]\n" + FC, "net.toml.schema: unknown version"),
    "no input": ("schema = 1\n" + FC, "net.toml: field 'input' is missing"),
    "misspelt input": ("schema = 1\ninputs = [4]\n" + FC, "net.toml: unknown field; got 'inputs'"),
    "input is text": ('schema = 1\ninput = "big"\n' + FC, "net.toml.input: must be a list"),
    "input is empty": ("schema = 1\ninput = []\n" + FC, "net.toml.input: must be a list"),
    "input not a number": (
        "schema = 1\ninput = [nan]\n" + FC,
        "net.toml.input[0]: must be a whole number",
    ),
    "input negative": ("schema = 1\ninput = [3, -8]\n" + FC, "net.toml.input[1]: is too small"),
    "input huge": (
        "schema = 1\ninput = [1000000000, 1000000000]\n" + FC,
        "net.toml.input: the shape has too many elements",
    ),
    "no layers": (TOP, "net.toml.layer: needs at least one"),
    "layer is a table": (TOP + '[layer]\nname = "a"\n', "net.toml.layer: needs at least one"),
    "no operator": (TOP + '[[layer]]\nname = "a"\n', "layer[0] 'a': field 'operator' is missing"),
    "no name": (TOP + '[[layer]]\noperator = "relu"\n', "layer[0]: field 'name' is missing"),
    "name is a number": (
        TOP + '[[layer]]\nname = 7\noperator = "relu"\n',
        "layer[0].name: must be a text",
    ),
    "name with a line end": (TOP + '[[layer]]\nname = "a\\nb"\noperator = "relu"\n', "printable"),
    "unknown operator": (
        TOP + '[[layer]]\nname = "a"\noperator = "conv3d"\n',
        "did you mean 'conv2d'?",
    ),
    "unknown field": (
        TOP + CONV + "padding_mode = 1\n",
        "layer[0] 'conv1': unknown field; got 'padding_mode'",
    ),
    "foreign field": (TOP + FLAT + "kernel = 1\n", "layer[0] 'flat': unknown field; got 'kernel'"),
    "misspelt field": (TOP + CONV + "strides = 2\n", "did you mean 'stride'?"),
    "kernel missing": (
        TOP + CONV.replace("kernel = 3", ""),
        "layer[0] 'conv1': field 'kernel' is missing",
    ),
    "kernel zero": (
        TOP + CONV.replace("kernel = 3", "kernel = 0"),
        "layer[0] 'conv1'.kernel: is too small",
    ),
    "kernel of three": (
        TOP + CONV.replace("kernel = 3", "kernel = [1, 2, 3]"),
        "'conv1'.kernel: needs one number or two",
    ),
    "kernel too large": (
        TOP + CONV.replace("kernel = 3", "kernel = 9"),
        "kernel's height 9 is larger than its input's 8",
    ),
    "channels infinite": (
        TOP + CONV.replace("channels = 4", "channels = inf"),
        "'conv1'.channels: must be a whole number",
    ),
    "channels a fraction": (
        TOP + CONV.replace("channels = 4", "channels = 1.5"),
        "'conv1'.channels: must be a whole number",
    ),
    "channels true": (
        TOP + CONV.replace("channels = 4", "channels = true"),
        "'conv1'.channels: must be a whole number",
    ),
    "channels too large": (
        TOP + CONV.replace("channels = 4", "channels = 1099511627777"),
        "'conv1'.channels: is too large",
    ),
    "output too large": (
        TOP + CONV.replace("channels = 4", "channels = 1099511627776"),
        "output shape has too many elements",
    ),
    "work too large": (
        TOP.replace("3, 8, 8", "64, 64, 64") + FLAT + FC.replace("10", "1000000000000"),
        "too many multiply-accumulates",
    ),
    "bias is a number": (TOP + CONV + "bias = 1\n", "'conv1'.bias: must be true or false"),
    "stride negative": (TOP + CONV + "stride = -1\n", "'conv1'.stride: is too small"),
    "padding unknown": (TOP + CONV + 'padding = "full"\n', "'conv1'.padding: unknown padding"),
    "padding of three": (
        TOP + CONV + "padding = [1, 1, 1]\n",
        "'conv1'.padding: needs one, two or four",
    ),
    "groups do not divide": (TOP + CONV + "groups = 2\n", "'conv1'.groups: must divide"),
    "same name twice": (TOP + CONV + CONV, "layer[1] 'conv1': another layer has this name"),
    "layer named input": (
        TOP + CONV.replace("conv1", "input"),
        "is the name of the network's input",
    ),
    "unknown source": (TOP + CONV + FLAT + 'inputs = ["conv2"]\n', "did you mean 'conv1'?"),
    "cycle of two": (
        TOP + CONV + 'inputs = ["flat"]\n' + FLAT,
        "the layers form a cycle; got 'conv1 -> flat -> conv1'",
    ),
    "cycle of one": (
        TOP + '[[layer]]\nname = "a"\noperator = "add"\ninputs = ["a", "input"]\n',
        "the layers form a cycle; got 'a -> a'",
    ),
    "two inputs for one": (
        TOP + CONV + 'inputs = ["input", "input"]\n',
        "'conv1'.inputs: conv2d takes 1 inputs",
    ),
    "inputs are numbers": (TOP + CONV + "inputs = [0]\n", "'conv1'.inputs: must be a layer name"),
    "linear on an image": (TOP + FC, "layer[0] 'fc': needs an input of one axis"),
    "convolution on a vector": (TOP + FLAT + CONV, "layer[1] 'conv1': needs an input of 3 axes"),
    "shapes to add differ": (
        TOP + CONV + '[[layer]]\nname = "sum"\noperator = "add"\ninputs = ["conv1", "input"]\n',
        "do not match",
    ),
    "shapes to join differ": (
        TOP + CONV + '[[layer]]\nname = "j"\noperator = "concat"\ninputs = ["conv1", "input"]\n',
        "cannot be joined",
    ),
    "axis outside": (
        TOP + '[[layer]]\nname = "j"\noperator = "concat"\naxis = 3\n',
        "there is no such axis",
    ),
    "reshape loses elements": (
        TOP + '[[layer]]\nname = "r"\noperator = "reshape"\nshape = [7, -1]\n',
        "number of elements would change",
    ),
    "reshape with zero": (
        TOP + '[[layer]]\nname = "r"\noperator = "reshape"\nshape = [0, -1]\n',
        "positive dimensions",
    ),
    "axes twice": (
        TOP + '[[layer]]\nname = "t"\noperator = "transpose"\naxes = [0, 0, 1]\n',
        "'t'.axes: must name every axis once",
    ),
    "slice outside": (
        TOP + '[[layer]]\nname = "s"\noperator = "slice"\nstart = 2\nstop = 9\n',
        "'s'.stop: is outside the input",
    ),
    "clip without a value": (
        TOP + '[[layer]]\nname = "c"\noperator = "clip"\nlow = 7.0\n',
        "'c'.low: the bounds leave no values; got '7 to 6'",
    ),
    "pool in the padding": (
        TOP + '[[layer]]\nname = "p"\noperator = "max_pool"\nkernel = 2\npadding = 2\n',
        "'p'.padding: a window would lie",
    ),
    "pad by nothing": (
        TOP + '[[layer]]\nname = "p"\noperator = "pad"\n',
        "'p': field 'padding' is missing",
    ),
    "lstm on an image": (
        TOP + '[[layer]]\nname = "m"\noperator = "lstm"\nhidden = 3\n',
        "needs an input of 2 axes (time steps, features)",
    ),
    "a layer is a number": (
        "schema = 1\ninput = [1]\nlayer = [1, 2]\n",
        "net.toml.layer: needs at least one",
    ),
}
HEADER = (
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n"
)
ROW = "Conv1,224,224,7,7,3,64,2,\n"
CSV = {
    "empty": ("", "net.csv: the file is empty"),
    "blank lines only": ("\n,,,\n\n", "net.csv: has no lines with content"),
    "header only": (HEADER, "net.csv: has a header but no layers"),
    "no header": (ROW, "net.csv: line 1: has no header line"),
    "another table": (
        "date,price,volume\n1,2,3\n",
        "net.csv: line 1: the header lacks the column 'name'",
    ),
    "gemm without k": ("Layer,M,N\na,1,2\n", "net.csv: line 1: the header lacks the column"),
    "text for a number": (
        HEADER + ROW + "b,56,x,3,3,64,64,1\n",
        "net.csv: line 3: ifmap width: must be a whole number; got 'x'",
    ),
    "not a number": (
        HEADER + "b,nan,56,3,3,64,64,1\n",
        "net.csv: line 2: ifmap height: must be a whole number",
    ),
    "fraction": (
        HEADER + "b,56,56,3,3,6.5,64,1\n",
        "net.csv: line 2: channels: must be a whole number",
    ),
    "negative": (HEADER + "b,56,56,-3,3,64,64,1\n", "net.csv: line 2: filter height: is too small"),
    "zero": (HEADER + "b,56,56,3,3,64,64,0\n", "net.csv: line 2: strides: is too small"),
    "too few columns": (
        HEADER + ROW + "\nb,56,56,3\n",
        "net.csv: line 4: column 'filter width' is missing",
    ),
    "empty cell": (
        HEADER + "b,56,,3,3,64,64,1\n",
        "net.csv: line 2: column 'ifmap width' is missing",
    ),
    "filter larger than input": (
        HEADER + "b,2,56,3,3,64,64,1\n",
        "net.csv: line 2: the kernel's height 3 is larger",
    ),
    "huge number": (
        HEADER + "b,56,56,3,3,64,9000000000000,1\n",
        "net.csv: line 2: num filter: is too large",
    ),
    "digits without end": (
        HEADER + "b,56,56,3,3,64," + "9" * 6000 + ",1\n",
        "net.csv: line 2: num filter: must be a whole number",
    ),
    "too much work": (
        HEADER + "b,100000,100000,100,100,64,100,1\n",
        "net.csv: line 2: the layer has too many multiply-accumulates",
    ),
    "output too large": (
        "Layer,M,N,K\na,1000000000,1000000000,1\n",
        "net.csv: line 2: the output has too many elements",
    ),
    "gemm with zero": ("Layer,M,N,K\na,4,0,4\n", "net.csv: line 2: n: is too small"),
    "cell without end": (HEADER + '"' + "a" * 200_000 + "\n", "net.csv: line 2: is not CSV"),
}
