"""The reader and the encoder as ONNX graphs, all arithmetic float32.

`reader.onnx`: embedding float32 [batch, n, hidden] (rows of the token table), position int64 [batch, n],
past float32 [batch, p, layers * 2 * hidden] (token-major: a layer's keys, then its values), mask float32 [batch, n,
p + n] (0 where a query may look, -inf where not) -> residual float32 [batch, n, hidden] at the hook point, present
float32 [batch, n, layers * 2 * hidden].

The softmax is written out, its sum as one more column of the values' product: a matrix product adds in the order of
the keys, so that masked keys on the right change nothing, not even the last bit. ONNX Runtime's own Softmax adds in
an order that depends on how many keys there are.

Linear weights are stored as int8 codes and one float32 scale an output channel; ONNX Runtime multiplies them out when
it loads the graph.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from quantise import codes_and_scales
from reader import Reader

OPSET = 20
IR_VERSION = 10


class GraphBuilder:
    """Collects nodes and initialisers; every method gives the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []
        self.count = 0

    def constant(self, value: np.ndarray, name: str | None = None) -> str:
        name = name or f"c{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def op(self, kind: str, *inputs: str, outputs: list[str] | int = 1, **attributes) -> str | list[str]:
        if isinstance(outputs, int):
            self.count += 1
            outputs = [f"t{self.count}" if i == 0 else f"t{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def linear(self, x: str, modules: list[nn.Linear]) -> str:
        """Several linear layers on one input as one product."""
        pairs = [codes_and_scales(m.weight.detach()) for m in modules]
        for module, (codes, scale) in zip(modules, pairs):
            if not (codes.float() * scale).equal(module.weight.detach()):
                raise SystemExit("export: the reader's weights are not rounded; call quantise_reader first")
        codes = np.concatenate([c.numpy() for c, _ in pairs]).T
        scale = np.concatenate([s.numpy() for _, s in pairs]).T
        weight = self.op("Mul", self.op("Cast", self.constant(codes), to=TensorProto.FLOAT), self.constant(scale))
        bias = np.concatenate([m.bias.detach().numpy() for m in modules])
        return self.op("Add", self.op("MatMul", x, weight), self.constant(bias))

    def norm(self, x: str, module: nn.LayerNorm) -> str:
        weight, bias = (self.constant(p.detach().numpy()) for p in (module.weight, module.bias))
        return self.op("LayerNormalization", x, weight, bias, axis=-1, epsilon=module.eps)

    def gelu(self, x: str) -> str:
        return self.op("Gelu", x, approximate="none")

    def model(self, inputs: list, outputs: list) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "telltale", inputs, outputs, self.initialisers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                  producer_name="telltale")
        onnx.checker.check_model(model)
        return model


def _attention(g: GraphBuilder, layer: nn.Module, x: str, past: tuple[str, str], mask: str) -> tuple[str, str, str]:
    """-> mixed values [batch, n, hidden] and the new keys and values."""
    hidden = layer.q.in_features
    width = hidden // layer.heads
    parts = g.op("Split", g.linear(x, [layer.q, layer.k, layer.v]), outputs=3, axis=-1, num_outputs=3)
    query, key, value = parts
    query = g.op("Mul", query, g.constant(np.float32(width**-0.5)))
    keys = g.op("Concat", past[0], key, axis=1)
    values = g.op("Concat", past[1], value, axis=1)
    shape = g.ints(0, 0, layer.heads, width)
    query = g.op("Transpose", g.op("Reshape", query, shape), perm=[0, 2, 1, 3])
    keys = g.op("Transpose", g.op("Reshape", keys, shape), perm=[0, 2, 3, 1])
    values = g.op("Transpose", g.op("Reshape", values, shape), perm=[0, 2, 1, 3])
    scores = g.op("Add", g.op("MatMul", query, keys), mask)
    weight = g.op("Exp", g.op("Sub", scores, g.op("ReduceMax", scores, g.ints(-1), keepdims=1)))
    one = g.op("Pad", values, g.ints(0, 0, 0, 0, 0, 0, 0, 1), g.constant(np.float32(1)))
    mixed, total = g.op("Split", g.op("MatMul", weight, one), g.ints(width, 1), outputs=2, axis=-1)
    mixed = g.op("Transpose", g.op("Div", mixed, total), perm=[0, 2, 1, 3])
    return g.op("Reshape", mixed, g.ints(0, 0, hidden)), key, value


def reader_graph(reader: Reader) -> onnx.ModelProto:
    """The reader up to the hook point, with keys and values of earlier positions as an input."""
    g = GraphBuilder()
    layers = list(reader.layers)
    hidden = reader.position_table.shape[1]
    table = g.constant(reader.position_table.numpy(), "position_table")
    x = g.norm(g.op("Add", "embedding", g.op("Gather", table, "position", axis=0)), reader.embedding_norm)
    past = g.op("Split", "past", outputs=2 * len(layers), axis=-1, num_outputs=2 * len(layers))
    mask = g.op("Unsqueeze", "mask", g.ints(1))
    present = []
    for index, layer in enumerate(layers):
        mixed, key, value = _attention(g, layer, x, (past[2 * index], past[2 * index + 1]), mask)
        present += [key, value]
        x = g.norm(g.op("Add", x, g.linear(mixed, [layer.ao])), layer.aln)
        inner = g.gelu(g.linear(x, [layer.fi]))
        x = g.norm(g.op("Add", x, g.linear(inner, [layer.fo])), layer.oln)
    g.op("Identity", x, outputs=["residual"])
    g.op("Concat", *present, outputs=["present"], axis=-1)
    kept = 2 * len(layers) * hidden
    tensor = lambda name, kind, *shape: helper.make_tensor_value_info(name, kind, shape)
    inputs = [tensor("embedding", TensorProto.FLOAT, "batch", "n", hidden),
              tensor("position", TensorProto.INT64, "batch", "n"),
              tensor("past", TensorProto.FLOAT, "batch", "p", kept),
              tensor("mask", TensorProto.FLOAT, "batch", "n", "keys")]
    outputs = [tensor("residual", TensorProto.FLOAT, "batch", "n", hidden),
               tensor("present", TensorProto.FLOAT, "batch", "n", kept)]
    return g.model(inputs, outputs)


def encode_graph(hidden: int) -> onnx.ModelProto:
    """JumpReLU of chosen columns: residual [m, hidden], centre [hidden], W [hidden, k], b [k], threshold [k] ->
    activation [m, k] = p where p > threshold, else 0, with p = (residual - centre) W + b."""
    g = GraphBuilder()
    p = g.op("Add", g.op("MatMul", g.op("Sub", "residual", "centre"), "W"), "b")
    g.op("Where", g.op("Greater", p, "threshold"), p, g.constant(np.float32(0)), outputs=["activation"])
    tensor = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    inputs = [tensor("residual", "m", hidden), tensor("centre", hidden), tensor("W", hidden, "k"), tensor("b", "k"),
              tensor("threshold", "k")]
    return g.model(inputs, [tensor("activation", "m", "k")])
