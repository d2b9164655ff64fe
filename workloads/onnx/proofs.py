"""ONNX operators whose values tests hold to ONNX's own reference evaluator.

What is not named here is priced, and refused for real data: an operator of a user's own, say, until
its form stands among those that `tests/conformance/test_onnx_values.py` tries.
"""

from __future__ import annotations

_NAMES = """
Abs Add And AveragePool BatchNormalization Cast Ceil Celu Clip Concat Conv ConvTranspose Cos CumSum
DepthToSpace DequantizeLinear Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor GRU
Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater
GreaterOrEqual GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization IsNaN
LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max MaxPool Min
Mish Mul Neg Not Or PRelu Pad Pow QuantizeLinear RMSNormalization RNN Reciprocal ReduceL1
ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
Relu Reshape Resize Round Selu Sigmoid Sign Sin Slice Softmax Softplus Softsign SpaceToDepth
Split Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Tile Transpose Unsqueeze Upsample Where
Xor
"""
PROVED = frozenset(_NAMES.split())
