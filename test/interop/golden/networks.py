"""Networks in PyTorch's names, shapes and formulas: their params as safetensors, their inputs and outputs as JSON.

    python3 networks.py plain FOLDER   by plain loops, which need nothing but Python; what lies beside this file
    python3 networks.py torch FOLDER   by torch.nn, whose state_dict takes the same params by the same names
    python3 networks.py check FOLDER   loads FOLDER/NAME.exported.safetensors into torch.nn, strictly, and prints outputs

Images are (channels, height, width).
"""

import json
import math
import random
import struct
import sys
from pathlib import Path


def uniform(rng, *shape, low=-0.5, high=0.5):
    """Values that float32 holds, flat."""
    values = [rng.uniform(low, high) for _ in range(math.prod(shape))]
    return list(shape), list(struct.unpack("<%df" % len(values), struct.pack("<%df" % len(values), *values)))


def norm(rng, path, channels, *, has_running):
    params = {path + ".weight": uniform(rng, channels), path + ".bias": uniform(rng, channels)}
    if has_running:
        params[path + ".running_mean"] = uniform(rng, channels)
        params[path + ".running_var"] = uniform(rng, channels, low=0.5, high=2)
    return params


def networks():
    rng = random.Random(7)
    yield {
        "name": "cnn",
        "layers": [
            ("conv", "0", {"channels": 2, "filters": 3, "padding": 1, "groups": 1}),
            ("relu", "1", {}),
            ("batch_norm", "2", {"channels": 3}),
            ("conv", "3", {"channels": 3, "filters": 3, "padding": 0, "groups": 3}),
            ("relu", "4", {}),
            ("flatten", "5", {}),
            ("batch_norm", "6", {"channels": 36}),
            ("linear", "7", {"inputs": 36, "outputs": 4, "bias": True}),
        ],
        "params": {
            "0.weight": uniform(rng, 3, 2, 3, 3),
            "0.bias": uniform(rng, 3),
            **norm(rng, "2", 3, has_running=True),
            "3.weight": uniform(rng, 3, 1, 3, 3),
            "3.bias": uniform(rng, 3),
            **norm(rng, "6", 36, has_running=True),
            "7.weight": uniform(rng, 4, 36),
            "7.bias": uniform(rng, 4),
        },
        "inputs": [uniform(rng, 2, 5, 6) for _ in range(3)],
    }
    yield {
        "name": "text",
        "layers": [
            ("embedding", "0", {"vocabulary": 7, "units": 3}),
            ("layer_norm", "1", {"channels": 3}),
            ("mean", "2", {}),
            ("linear", "3", {"inputs": 3, "outputs": 2, "bias": True}),
        ],
        "params": {
            "0.weight": uniform(rng, 7, 3),
            **norm(rng, "1", 3, has_running=False),
            "3.weight": uniform(rng, 2, 3),
            "3.bias": uniform(rng, 2),
        },
        "inputs": [([5], [rng.randrange(7) for _ in range(5)]) for _ in range(3)],
    }
    yield {
        "name": "mlp",
        "layers": [
            ("linear", "encoder.in", {"inputs": 4, "outputs": 4, "bias": False}),
            ("tanh", "encoder.act", {}),
            ("linear", "encoder.again", {"inputs": 4, "outputs": 4, "bias": True}),
        ],
        "params": {
            "encoder.in.weight": uniform(rng, 4, 4),
            "encoder.again.weight": uniform(rng, 4, 4),
            "encoder.again.bias": uniform(rng, 4),
        },
        "inputs": [uniform(rng, 4) for _ in range(3)],
    }


# Plain loops, over (shape, flat values).


def conv(x, params, path, padding, groups, **_):
    (channels, height, width), values = x
    (filters, depth, rows, columns), weight = params[path + ".weight"]
    bias = params[path + ".bias"][1]
    out_height, out_width = height + 2 * padding - rows + 1, width + 2 * padding - columns + 1
    out = []
    for f in range(filters):
        first = f // (filters // groups) * depth
        for y in range(out_height):
            for x0 in range(out_width):
                total = bias[f]
                for c in range(depth):
                    for i in range(rows):
                        for j in range(columns):
                            row, column = y + i - padding, x0 + j - padding
                            if 0 <= row < height and 0 <= column < width:
                                at = ((first + c) * height + row) * width + column
                                total += values[at] * weight[((f * depth + c) * rows + i) * columns + j]
                out.append(total)
    return [filters, out_height, out_width], out


def batch_norm(x, params, path, **_):
    shape, values = x
    weight, bias, mean, var = (
        params[f"{path}.{leaf}"][1] for leaf in ("weight", "bias", "running_mean", "running_var")
    )
    size = len(values) // shape[0]
    channels = [i // size for i in range(len(values))]
    return shape, [
        (value - mean[c]) / math.sqrt(var[c] + 1e-5) * weight[c] + bias[c] for value, c in zip(values, channels)
    ]


def layer_norm(x, params, path, channels):
    shape, values = x
    weight, bias = params[path + ".weight"][1], params[path + ".bias"][1]
    out = []
    for begin in range(0, len(values), channels):
        row = values[begin : begin + channels]
        mean = sum(row) / channels
        var = sum((value - mean) ** 2 for value in row) / channels
        out += [(v - mean) / math.sqrt(var + 1e-5) * weight[c] + bias[c] for c, v in enumerate(row)]
    return shape, out


def linear(x, params, path, inputs, outputs, bias):
    values, weight = x[1], params[path + ".weight"][1]
    offset = params[path + ".bias"][1] if bias else [0.0] * outputs
    return [outputs], [
        offset[o] + sum(values[i] * weight[o * inputs + i] for i in range(inputs)) for o in range(outputs)
    ]


def embedding(x, params, path, units, **_):
    weight = params[path + ".weight"][1]
    return [len(x[1]), units], [weight[token * units + u] for token in x[1] for u in range(units)]


def mean(x, params, path):
    (length, units), values = x
    return [units], [sum(values[i * units + u] for i in range(length)) / length for u in range(units)]


PLAIN = {
    "conv": conv,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "linear": linear,
    "embedding": embedding,
    "mean": mean,
    "relu": lambda x, params, path: (x[0], [max(0.0, value) for value in x[1]]),
    "tanh": lambda x, params, path: (x[0], [math.tanh(value) for value in x[1]]),
    "flatten": lambda x, params, path: ([len(x[1])], x[1]),
}


def run_plain(network, params):
    outputs = []
    for x in network["inputs"]:
        for kind, path, options in network["layers"]:
            x = PLAIN[kind](x, params, path, **options)
        outputs.append(x[1])
    return outputs


def run_torch(network, params):
    import torch
    from torch import nn

    class Mean(nn.Module):
        def forward(self, x):
            return x.mean(1)

    make = {
        "conv": lambda channels, filters, padding, groups: nn.Conv2d(channels, filters, 3, 1, padding, groups=groups),
        "batch_norm": lambda channels: (nn.BatchNorm2d if channels == 3 else nn.BatchNorm1d)(channels),
        "layer_norm": lambda channels: nn.LayerNorm(channels),
        "linear": lambda inputs, outputs, bias: nn.Linear(inputs, outputs, bias),
        "embedding": lambda vocabulary, units: nn.Embedding(vocabulary, units),
        "mean": Mean,
        "relu": nn.ReLU,
        "tanh": nn.Tanh,
        "flatten": nn.Flatten,
    }
    model = nn.Module()
    modules = []
    for kind, path, options in network["layers"]:
        module = make[kind](**options)
        parent = model
        *parents, own = path.split(".")
        for name in parents:
            if name not in dict(parent.named_children()):
                parent.add_module(name, nn.Module())
            parent = getattr(parent, name)
        parent.add_module(own, module)
        modules.append(module)
    state = {name: torch.tensor(values).reshape(shape) for name, (shape, values) in params.items()}
    model.load_state_dict(state, strict=True)
    model.eval()
    inputs = [torch.tensor(values).reshape(shape) for shape, values in network["inputs"]]
    with torch.no_grad():
        x = torch.stack(inputs)
        for module in modules:
            x = module(x)
    saved = {name: (list(t.shape), t.dtype, t.flatten().tolist()) for name, t in model.state_dict().items()}
    return x.tolist(), saved


def write(file, tensors):
    header, data = {}, b""
    for name, (shape, dtype, values) in sorted(tensors.items()):
        code, dtype = ("q", "I64") if "int64" in str(dtype) else ("f", "F32")
        part = struct.pack("<%d%s" % (len(values), code), *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read(file):
    data = file.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, tensor in json.loads(data[8 : 8 + size]).items():
        begin, end = tensor["data_offsets"]
        values = struct.unpack("<%df" % ((end - begin) // 4), data[8 + size + begin : 8 + size + end])
        tensors[name] = (tensor["shape"], list(values))
    return tensors


def main(mode, folder):
    for network in networks():
        name, params = network["name"], network["params"]
        if mode == "check":
            outputs, _ = run_torch(network, read(folder / (name + ".exported.safetensors")))
            print(json.dumps(outputs))
            continue
        saved = {key: (shape, "float32", values) for key, (shape, values) in params.items()}
        outputs = run_plain(network, params)
        if mode == "torch":
            outputs, saved = run_torch(network, params)
        write(folder / (name + ".safetensors"), saved)
        inputs = [values for _, values in network["inputs"]]
        (folder / (name + ".json")).write_text(json.dumps({"inputs": inputs, "outputs": outputs}) + "\n")


main(sys.argv[1], Path(sys.argv[2]))
