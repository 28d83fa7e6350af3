import { join } from "node:path";
import { backprop, planMemory, proxProp } from "../../src/node.ts";
import { trainerOptions } from "../peers/edgeprop.ts";
import { convnet, createTrainingProblem, mlpCase, paperMlp } from "../problems/problems.ts";
import type { TrainingCase, TrainingProblem } from "../problems/problems.ts";
import { progress, runBenchmark } from "../command/report.ts";
import { askOnce } from "../runtimes/node-process.ts";
import { rounded } from "../timing/statistics.ts";

const cases: readonly TrainingCase[] = [
  mlpCase([784, 128, 10], 32),
  mlpCase([784, 128, 10], 16),
  mlpCase([784, 256, 128, 10], 32),
  mlpCase([64, 32, 10], 8),
  paperMlp,
  convnet,
];

/** What a step needs, what is planned for it and what it takes. */
export async function run(args: readonly string[]): Promise<void> {
  const description = "The memory plan, the peak of wasm memory, the lower bound and the process's growth.";
  await runBenchmark({ name: "memory", description }, args, measure);
}

async function measure(): Promise<object> {
  const results = [];
  for (const training of cases)
    for (const isProx of [false, true]) results.push(await measureCase(training, isProx));
  return { unit: "bytes", cases: results };
}

async function measureCase(training: TrainingCase, isProx: boolean): Promise<object> {
  const problem = createTrainingProblem({ ...training, numBatches: 0 });
  const { rule, optimizer, loss, batchSize } = trainerOptions(
    problem,
    isProx ? proxProp({ tau: 1 }) : backprop(),
  );
  const plan = planMemory(training.model, { rule, optimizer, loss, batchSize });
  const { wasmBytes, residentBytes } = await measureProcess(training, isProx);
  const bound = lowerBound(problem);
  const packedPanel = plan.buffers.find(({ name }) => name === "scratch")?.bytes ?? 0;
  const result = {
    name: training.name,
    rule: isProx ? "proxprop exact" : "backprop",
    plan: plan.totalBytes,
    measured: wasmBytes,
    lowerBound: bound,
    packedPanel,
    measuredOverPlan: rounded(wasmBytes / plan.totalBytes, 3),
    planOverBound: rounded(plan.totalBytes / (bound + packedPanel), 3),
    residentBytes,
    buffers: Object.fromEntries(plan.buffers.map(({ name, bytes }) => [name, bytes])),
  };
  progress(JSON.stringify({ ...result, buffers: undefined }));
  return result;
}

/** Params, optimizer state (plain SGD has none) and activations: the batch, and what each layer with params or pooling puts out. */
function lowerBound({ params, layers, batchSize }: TrainingProblem): number {
  const inputs = layers[0]?.inputSize ?? 0;
  const outputs = layers
    .filter(({ spec }) => spec.type !== "flatten")
    .reduce((sum, { outputSize }) => sum + outputSize, 0);
  return 4 * (params.length + batchSize * (inputs + outputs));
}

function measureProcess(
  training: TrainingCase,
  isProx: boolean,
): Promise<{ readonly wasmBytes: number; readonly residentBytes: number }> {
  const program = join(import.meta.dirname, "../programs/memory-process.ts");
  return askOnce(program, { training: { ...training, numBatches: 1 }, isProx });
}
