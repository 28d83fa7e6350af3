"""PyTorch's side of bench/lib/competitor.ts: plain SGD on the CPU, one thread; a line of JSON in, a line out.

It reads the very numbers that the others train on: a file of int32 labels and float32 inputs and params.
"""

import json
import sys
import time

import numpy
import torch
import torch.nn.functional as functional

torch.set_num_threads(1)


class StepTask:
    def __init__(self, spec):
        problem = spec["problem"]
        self.num_batches = problem["numBatches"]
        self.layers = problem["layers"]
        batch_size = problem["batchSize"]
        shape = self.layers[0]["inputShape"]
        values = numpy.fromfile(problem["file"], dtype=numpy.float32)
        size = batch_size * int(numpy.prod(shape))
        self.batches = []
        at = 0
        for _ in range(self.num_batches):
            labels = torch.from_numpy(values[at : at + batch_size].view(numpy.int32).astype(numpy.int64))
            at += batch_size
            x = torch.from_numpy(values[at : at + size].reshape([batch_size, *shape]).copy())
            at += size
            self.batches.append((x.permute(0, 3, 1, 2).contiguous() if len(shape) == 3 else x, labels))
        self.params = []
        trained = []
        for layer in self.layers:
            own = []
            for param in layer["params"]:
                begin = at + param["offset"]
                value = torch.from_numpy(values[begin : begin + param["length"]].reshape(param["shape"]).copy())
                # Linear layers are (out, in) there and convolutions (out, in, height, width).
                value = value.permute(3, 2, 0, 1) if value.dim() == 4 else value.t() if value.dim() == 2 else value
                own.append(value.contiguous().requires_grad_())
            self.params.append(own)
            trained += own
        self.optimizer = torch.optim.SGD(trained, lr=problem["learningRate"])
        self.steps = 0
        self.loss = None

    def forward(self, values):
        for layer, params in zip(self.layers, self.params):
            spec = layer["spec"]
            if spec["type"] == "dense":
                values = functional.linear(values, params[0], params[1])
            elif spec["type"] == "conv2d":
                values = functional.conv2d(values, params[0], params[1], spec["stride"], spec["padding"])
            elif spec["type"] == "maxPool2d":
                values = functional.max_pool2d(values, spec["size"])
            elif spec["type"] == "flatten":
                values = values.permute(0, 2, 3, 1).reshape(values.shape[0], -1)
            else:
                raise ValueError(f"this program does not build {spec['type']} on PyTorch")
            if spec.get("activation") == "relu":
                values = torch.relu(values)
        return values

    def operation(self):
        x, labels = self.batches[self.steps % self.num_batches]
        self.steps += 1
        self.optimizer.zero_grad()
        self.loss = functional.cross_entropy(self.forward(x), labels)
        self.loss.backward()
        self.optimizer.step()

    def check(self, compared, check_ms):
        """As createStepTask of tasks.ts."""
        losses = []
        start, elapsed = time.perf_counter(), stopwatch()
        for after in compared:
            while self.steps < after and (self.steps == 0 or 1000 * (time.perf_counter() - start) < check_ms):
                self.operation()
            if self.steps < after:
                break
            losses.append(self.loss.item())
        return {"check": losses, "operationMs": elapsed() / self.steps, "note": f"PyTorch {torch.__version__}"}


def stopwatch():
    """As startStopwatch of interleave.ts: milliseconds by the clock, or of CPU time where that is less."""
    clock, cpu = time.perf_counter(), time.process_time()
    return lambda: 1000 * min(time.perf_counter() - clock, time.process_time() - cpu)


def time_slice(operation, slice_ms):
    start, elapsed = time.perf_counter(), stopwatch()
    count = 0
    while count == 0 or 1000 * (time.perf_counter() - start) < slice_ms:
        operation()
        count += 1
    return {"count": count, "ms": elapsed()}


task = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if "task" in request:
            task = StepTask(request["task"])
            reply = task.check(request["task"]["comparedSteps"], request["task"]["checkMs"])
        else:
            reply = time_slice(task.operation, request["sliceMs"])
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
