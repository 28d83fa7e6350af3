import type { CustomSpec, PlacedLayer } from "../../model/index.ts";
import type { Address } from "../../runtime/index.ts";
import type { CustomForward } from "../options/custom-layer.ts";
import type { LayerCalls, LayerContext } from "./layer-calls.ts";

/** The user's code over views of the arena, which are made anew for each call. */
export function customCalls(spec: CustomSpec, layer: PlacedLayer, context: LayerContext): LayerCalls {
  const { kernels, rows, input, output, outputGradient, inputGradient, direction, custom, view } = context;
  if (custom === null) throw new RangeError(`no code of the custom layer ${spec.name}`);
  const { inputSize, outputSize, params } = layer;
  const numParams = params.reduce((sum, { length }) => sum + length, 0);

  function byName(start: Address): Record<string, Float32Array> {
    let place = start;
    return Object.fromEntries(
      spec.params.map(({ name }, index) => {
        const length = params[index]?.length ?? 0;
        const values = view(place, length);
        place += 4 * length;
        return [name, values];
      }),
    );
  }

  function forwardContext(isTraining: boolean): CustomForward {
    return {
      examples: rows,
      settings: spec.settings,
      isTraining,
      inputs: view(input, rows * inputSize),
      outputs: view(output, rows * outputSize),
      params: byName(context.params),
    };
  }

  return {
    forward: [() => custom.forward(forwardContext(false))],
    trainingForward: [() => custom.forward(forwardContext(true))],
    propagate: [
      () => kernels.clear(numParams, direction),
      () => {
        if (inputGradient !== null) kernels.clear(rows * inputSize, inputGradient);
        custom.backward({
          ...forwardContext(true),
          outputGradient: view(outputGradient, rows * outputSize),
          inputGradient: inputGradient === null ? null : view(inputGradient, rows * inputSize),
          direction: byName(direction),
        });
      },
    ],
    // `backward` makes both at one go.
    direction: [],
  };
}
