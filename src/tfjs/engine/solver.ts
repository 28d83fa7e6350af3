import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Arena, BufferRequest } from "../../runtime/index.ts";
import { gramBytes, gramOfColumnsScratchBytes, gramScratchBytes, rightBytes } from "../../runtime/scratch.ts";
import { takeValues } from "./params.ts";
import { gramOf } from "./prox.ts";
import type { ProxSystem } from "./prox.ts";

/** What solveProxSystem needs of the arena, for these systems and the same of fewer rows. */
export function solverBuffers(systems: readonly ProxSystem[]): BufferRequest[] {
  const needs = systems.map((system) => {
    const { place, side, rows, inputs, outputs, size } = system;
    const columns = place === "host" ? outputs : size;
    return {
      activations: place === "host" ? 4 * rows * inputs : 0,
      gradients: place === "host" ? 4 * rows * outputs : 0,
      gram: gramBytes(size),
      right: rightBytes(size, columns),
      solution: 4 * size * columns,
      scratch: side === "dual" ? gramScratchBytes(rows, inputs) : gramOfColumnsScratchBytes(inputs, rows),
    };
  });
  return (["activations", "gradients", "gram", "right", "solution", "scratch"] as const).map((name) => ({
    name: `prox.${name}`,
    bytes: Math.max(0, ...needs.map((need) => need[name])),
  }));
}

/** What the host gives for a system, from a_prev (rows, inputs) and G (rows, outputs) on the device. */
export async function solveProxSystem(
  arena: Arena,
  system: ProxSystem,
  a: Tensor2D,
  g: Tensor2D,
): Promise<Float32Array> {
  if (system.place === "device") return invertSystem(arena, system, await takeValues(gramOf(a, system.side)));
  const [activations, gradients] = await Promise.all([a.data<"float32">(), g.data<"float32">()]);
  return solveSystem(arena, system, activations, gradients);
}

/** inverse G (rows, outputs), or D (inputs + 1, outputs). */
function solveSystem(
  arena: Arena,
  system: ProxSystem,
  activations: Float32Array,
  gradients: Float32Array,
): Float32Array {
  const { kernels } = arena;
  const { side, rows, inputs, outputs, size, damping, scale } = system;
  const [a, g, scratch] = [
    arena.at("prox.activations"),
    arena.at("prox.gradients"),
    arena.at("prox.scratch"),
  ];
  const [gram, right, solution] = [arena.at("prox.gram"), arena.at("prox.right"), arena.at("prox.solution")];
  arena.floats("prox.activations").set(activations);
  arena.floats("prox.gradients").set(gradients);
  if (side === "dual") {
    kernels.gramOfRows(rows, inputs, a, inputs, gram, scratch);
    kernels.promoteRows(rows, outputs, outputs, g, right);
  } else {
    kernels.gramOfColumns(rows, inputs, outputs, a, inputs, g, outputs, gram, right, scratch);
  }
  kernels.choleskyFactor(size, damping, gram);
  kernels.choleskySolve(size, outputs, gram, right);
  kernels.demoteRows(size, outputs, outputs, scale, right, solution);
  return arena.floats("prox.solution").slice(0, size * outputs);
}

/**
 * The inverse (size, size) of a K from the device. Summed in float32, K may be off by `size` roundings of its
 * largest value: a damping below that is raised to it, which is a prox step of a slightly smaller tau.
 */
function invertSystem(
  arena: Arena,
  { size, damping, scale }: ProxSystem,
  square: Float32Array,
): Float32Array {
  const { kernels } = arena;
  const [gram, right, solution] = [arena.at("prox.gram"), arena.at("prox.right"), arena.at("prox.solution")];
  const largest = copyGram(arena, square, size);
  kernels.choleskyFactor(size, Math.max(damping, size * 2 ** -24 * largest), gram);
  // The identity as right-hand sides, which the kernels lay out as they like.
  fillIdentity(arena.floats("prox.solution"), size);
  kernels.promoteRows(size, size, size, solution, right);
  kernels.choleskySolve(size, size, gram, right);
  kernels.demoteRows(size, size, size, scale, right, solution);
  return arena.floats("prox.solution").slice(0, size * size);
}

/** In float64, rows padded to 4 values; returns the largest value, which is on the diagonal. */
function copyGram(arena: Arena, square: Float32Array, size: number): number {
  const { buffer, byteOffset, byteLength } = arena.bytes("prox.gram");
  const padded = new Float64Array(buffer, byteOffset, byteLength / 8);
  const step = Math.ceil(size / 4) * 4;
  let largest = 0;
  for (let row = 0; row < size; row++) {
    padded.set(square.subarray(row * size, (row + 1) * size), row * step);
    largest = Math.max(largest, square[row * (size + 1)] ?? 0);
  }
  return largest;
}

function fillIdentity(square: Float32Array, size: number): void {
  square.fill(0, 0, size * size);
  for (let row = 0; row < size; row++) square[row * (size + 1)] = 1;
}
