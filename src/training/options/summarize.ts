import type { Model } from "../../model/index.ts";
import { completeTrainable } from "./trainable.ts";

/** A model's layers and params as a plain object; its toString is a table for people. */
export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  /** Values, those of frozen layers included. */
  readonly params: number;
  /** What the params take as float32. */
  readonly bytes: number;
  readonly frozenParams: number;
  readonly frozenBytes: number;
  toString(): string;
}

export interface LayerSummary {
  readonly index: number;
  readonly type: string;
  /** The shape of one example's output. */
  readonly outputShape: readonly number[];
  readonly params: number;
  readonly bytes: number;
  readonly isFrozen: boolean;
}

/** Throws `bad-option` for indices in `trainable` that are of no layer with params. */
export function summarize(
  model: Model,
  options: { readonly trainable?: readonly number[] } = {},
): ModelSummary {
  const { placed } = model;
  const hasParams = placed.some(({ params }) => params.length > 0);
  const trainable = hasParams ? completeTrainable(model, options.trainable) : [];
  const layers = placed.map(({ index, spec, outputShape, params }): LayerSummary => {
    const count = sum(params.map(({ length }) => length));
    const isFrozen = count > 0 && !trainable.includes(index);
    return { index, type: spec.type, outputShape, params: count, bytes: 4 * count, isFrozen };
  });
  const params = sum(layers.map((layer) => layer.params));
  const frozenParams = sum(layers.map((layer) => (layer.isFrozen ? layer.params : 0)));
  const summary = { layers, params, bytes: 4 * params, frozenParams, frozenBytes: 4 * frozenParams };
  // Not enumerable: the object compares, copies and turns into JSON as plain data.
  return Object.defineProperty(summary, "toString", { value: () => toTable(model, summary) });
}

function toTable(model: Model, { layers, params, bytes, frozenParams, frozenBytes }: ModelSummary): string {
  const table = [
    ["", "layer", "output shape", "params", "bytes", ""],
    ["", "input", shapeOf(model.input), "", "", ""],
    ...layers.map((layer) => [
      layer.index,
      layer.type,
      shapeOf(layer.outputShape),
      layer.params,
      layer.bytes,
      layer.isFrozen ? "frozen" : "",
    ]),
    ["", "total", "", params, bytes, ""],
    ["", "training", "", params - frozenParams, bytes - frozenBytes, ""],
  ].map((row) => row.map((cell) => (typeof cell === "number" ? thousands(cell) : cell)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => {
        const width = Math.max(...table.map((each) => each[column]?.length ?? 0));
        return [0, 3, 4].includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  const rule = "-".repeat(Math.max(...lines.map(({ length }) => length)));
  return [...lines.slice(0, 1), rule, ...lines.slice(1, -2), rule, ...lines.slice(-2)].join("\n");
}

function shapeOf(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** 1234567 as 1,234,567, in any locale. */
function thousands(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
