import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { EdgepropError } from "../../errors.ts";
import { planLayers } from "../../model/index.ts";
import type { Model } from "../../model/index.ts";
import type { Arena } from "../../runtime/index.ts";
import { scheduleFactor } from "../../schedules/index.ts";
import type { TrainingOptions } from "../../training/options/trainer-options.ts";
import { denseGradient } from "./dense.ts";
import type { DeviceBatch } from "./device-batches.ts";
import { sumOf } from "./losses.ts";
import { forward, layersOf, passThrough } from "./network.ts";
import { applyDirection } from "./optimizers.ts";
import { createParam, flatten, listParams, unflatten, writeParams } from "./params.ts";
import type { LayerParams } from "./params.ts";
import { proxDirection, proxSystems } from "./prox.ts";
import { solveProxSystem } from "./solver.ts";

/** What one batch does, on the device. */
export interface TfjsStepper {
  /** Returns the sum of the examples' weight x loss; throws `non-finite` with params and optimizer state as they were. */
  step(batch: DeviceBatch): Promise<number>;
  /** Throws `non-finite` where the loss is. */
  direction(batch: DeviceBatch): Promise<DirectionTensors>;
  /** The outputs (rows, outputs), inside the caller's tf.tidy. */
  forward(inputs: Tensor2D): Tensor2D;
  /** Gives back the optimizer's state. */
  dispose(): void;
}

/** The tensors are the caller's to dispose of. */
interface DirectionTensors {
  readonly lossSum: number;
  readonly outputs: Tensor2D;
  /** Flat, in layout order. */
  readonly direction: Tensor1D;
}

export interface TfjsStepperParts {
  /** Where prox systems are solved: with the buffers of solverBuffers. */
  readonly arena: Arena;
  readonly model: Model;
  readonly params: readonly LayerParams[];
  readonly options: TrainingOptions;
}

export function createTfjsStepper({
  arena,
  model,
  params: layerParams,
  options,
}: TfjsStepperParts): TfjsStepper {
  const { loss, classWeights, batchSize, learning } = options;
  const { optimizer, schedule } = learning;
  const plans = planLayers(model, { ...learning, batchSize });
  const params = listParams(layerParams);
  const state = optimizer.type.state(optimizer.spec).map(() => createParam([model.numParams]));
  let stepsTaken = 0;

  async function direction(batch: DeviceBatch): Promise<DirectionTensors> {
    const { inputs } = batch;
    const systems = proxSystems(plans, { rows: inputs.shape[0], batchSize });
    const { losses, activations, gradients } = passThrough(layersOf(model, layerParams), {
      ...batch,
      loss,
      classWeights,
    });
    const layers = gradients.map((g, index) => ({
      a: activations[index - 1] ?? inputs,
      g,
      system: systems[index] ?? null,
    }));
    try {
      const [exampleLosses, ...given] = await Promise.all([
        losses.data<"float32">(),
        ...layers.map(({ a, g, system }) => (system === null ? null : solveProxSystem(arena, system, a, g))),
      ]);
      const lossSum = sumOf(exampleLosses);
      if (!Number.isFinite(lossSum)) throw nonFinite(`the loss is ${lossSum}`);
      const found = tf.tidy(() => {
        const each = layers.map(({ a, g, system }, index) => {
          const solution = given[index];
          return system && solution ? proxDirection(a, g, { system, solution }) : denseGradient(a, g);
        });
        return flatten(each.flatMap(({ weights, bias }) => [weights, bias]));
      });
      return { lossSum, outputs: tf.clone(activations.at(-1) ?? inputs), direction: found };
    } finally {
      tf.dispose([losses, activations, gradients]);
    }
  }

  /** Throws `non-finite` before it changes anything. */
  async function update(found: Tensor1D): Promise<void> {
    const step = stepsTaken + 1;
    const next = tf.tidy(() => {
      const applied = applyDirection(optimizer, {
        params: flatten(params.map((param) => param.read())),
        state: state.map((kept) => kept.read() as Tensor1D),
        direction: found,
        step,
        learningRate: optimizer.spec.learningRate * (schedule === null ? 1 : scheduleFactor(schedule, step)),
      });
      const parts = unflatten(applied.params, params);
      return {
        parts,
        state: applied.state,
        sums: tf.concat1d([...parts, ...applied.state].map((part) => tf.reshape(tf.sum(part, -1), [-1]))),
      };
    });
    try {
      // A sum is finite only where all its terms are.
      const isFinite = (await next.sums.data()).every((sum) => Number.isFinite(sum));
      if (!isFinite) throw nonFinite("the new params or optimizer state are not finite");
      writeParams(params, next.parts);
      writeParams(state, next.state);
      stepsTaken = step;
    } finally {
      tf.dispose(next);
    }
  }

  function nonFinite(what: string): EdgepropError {
    const rule = learning.rule.spec;
    const tau = "tau" in rule ? ` or tau (${String(rule.tau)})` : "";
    const advice = `lower learningRate (${optimizer.spec.learningRate})${tau}, or scale the inputs`;
    return new EdgepropError(
      "non-finite",
      `${what} in step ${stepsTaken + 1}; the params are those of before it; ${advice}`,
    );
  }

  return {
    direction,
    async step(batch) {
      const { lossSum, outputs, direction: found } = await direction(batch);
      try {
        await update(found);
      } finally {
        tf.dispose([outputs, found]);
      }
      return lossSum;
    },
    forward: (inputs) => forward(layersOf(model, layerParams), inputs).at(-1) ?? inputs,
    dispose() {
      for (const kept of state) kept.dispose();
    },
  };
}
