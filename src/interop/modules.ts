import { EdgepropError } from "../errors.ts";
import type { Tensor } from "../safetensors/index.ts";
import type { ForeignLayer, ForeignParam } from "./foreign-params.ts";

export type Tensors = Readonly<Record<string, Tensor>>;

/** The tensors of a file that have all of their name but its last part in common: a layer of the other library. */
export interface Module {
  /** "features.0", "sequential/dense_1"; empty where the names have one part. */
  readonly path: string;
  /** Names of tensors by the last part: "weight" -> "features.0.weight". */
  readonly leaves: ReadonlyMap<string, string>;
}

/** What counts batches and computes nothing. */
const ignored = new Set(["num_batches_tracked"]);

/** PyTorch separates by a dot, Keras by a slash; Keras 2 ends names in ":0". */
export function modulesOf(tensors: Tensors): Map<string, Module> {
  const modules = new Map<string, { path: string; leaves: Map<string, string> }>();
  for (const name of Object.keys(tensors)) {
    const [, path = "", leaf = name] = /^(?:(.*)[./])?([^./]*?)(?::\d+)?$/s.exec(name) ?? [];
    if (ignored.has(leaf)) continue;
    const module = modules.get(path) ?? { path, leaves: new Map<string, string>() };
    module.leaves.set(leaf, name);
    modules.set(path, module);
  }
  return modules;
}

/** The name of the param's tensor in the module, or null. */
export function tensorOf({ leaves }: ForeignParam, module: Module): string | null {
  return leaves.map((leaf) => module.leaves.get(leaf)).find((name) => name !== undefined) ?? null;
}

/**
 * The module of each layer, where a file leaves no doubt: by its tensors' names and shapes, and where several are alike
 * by the numbers in their paths. Throws `bad-shape`, naming what does not fit.
 */
export function matchModules(layers: readonly ForeignLayer[], tensors: Tensors): Module[] {
  const modules = [...modulesOf(tensors).values()].toSorted((a, b) => byNumbers.compare(a.path, b.path));
  const found = new Map<ForeignLayer, Module>();
  const misfits: ForeignLayer[] = [];
  for (const alike of groupAlike(layers)) {
    const [first] = alike;
    const whole = modules.filter((module) => first !== undefined && fits(first, module, tensors) === "whole");
    // Only where that is not enough may a module lack what can be left out.
    const fitting =
      whole.length >= alike.length
        ? whole
        : modules.filter((module) => first !== undefined && fits(first, module, tensors) !== null);
    if (fitting.length < alike.length) {
      misfits.push(...alike);
      continue;
    }
    const isInOrder = new Set(fitting.map(({ path }) => path.replaceAll(/_?\d+/g, ""))).size === 1;
    const isTaken = fitting.some((module) => [...found.values()].includes(module));
    if (fitting.length > alike.length || !isInOrder || isTaken) throw ambiguous(alike, fitting);
    for (const [i, layer] of alike.entries()) {
      const module = fitting[i];
      if (module !== undefined) found.set(layer, module);
    }
  }
  const rest = modules.filter((module) => ![...found.values()].includes(module));
  return layers.map((layer) => {
    // Where as many are left on both sides, reading them says which tensor is wrong.
    const module = found.get(layer) ?? (rest.length === misfits.length ? rest[misfits.indexOf(layer)] : null);
    if (module === undefined || module === null) throw unfitting(layer, rest, tensors);
    if (misfits.length === 0 && rest[0] !== undefined) throw surplus(rest[0], tensors);
    return module;
  });
}

const byNumbers = new Intl.Collator("en", { numeric: true });

/** Layers whose tensors have the same names and shapes. */
function groupAlike(layers: readonly ForeignLayer[]): ForeignLayer[][] {
  const groups = new Map<string, ForeignLayer[]>();
  for (const layer of layers) {
    const form = layer.params.map(({ leaves, shape, absent }) => [leaves, shape, absent]);
    const key = JSON.stringify(form);
    groups.set(key, [...(groups.get(key) ?? []), layer]);
  }
  return [...groups.values()];
}

/** Whether the module can be the layer: with all of its tensors, without those that may be left out, or not at all. */
function fits({ params }: ForeignLayer, module: Module, tensors: Tensors): "whole" | "in part" | null {
  const names = params.map((param) => tensorOf(param, module));
  const there = names.filter((name) => name !== null).length;
  const isFitting = params.every((param, i) => {
    const name = names[i] ?? null;
    return name === null ? param.absent !== null : tensors[name]?.shape.join() === param.shape.join();
  });
  if (!isFitting || there !== module.leaves.size) return null;
  return there === params.length ? "whole" : "in part";
}

/** "weight [10, 64], bias [10]" */
export function expectationOf({ params }: ForeignLayer): string {
  return params.map(({ leaves, shape }) => `${leaves[0] ?? ""} ${shapeText(shape)}`).join(", ");
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

export function quoted(name: string): string {
  return `"${name.slice(0, 100)}"`;
}

const mostListed = 8;

function describeModules(modules: readonly Module[], tensors: Tensors): string {
  const names = modules.flatMap(({ leaves }) => [...leaves.values()]);
  const texts = names
    .slice(0, mostListed)
    .map((name) => `${quoted(name)} ${shapeText(tensors[name]?.shape ?? [])}`);
  const more = names.length > mostListed ? ` and ${names.length - mostListed} more` : "";
  return names.length === 0 ? "none" : `${texts.join(", ")}${more}`;
}

const cure = `name the layers' modules, as in names: { "layers.0": "encoder" }`;

function unfitting(layer: ForeignLayer, rest: readonly Module[], tensors: Tensors): EdgepropError {
  return new EdgepropError(
    "bad-shape",
    `${layer.name} (${layer.layer.type.type}) expects ${expectationOf(layer)}; left in the file: ${describeModules(rest, tensors)}; ${cure}`,
  );
}

function ambiguous(layers: readonly ForeignLayer[], modules: readonly Module[]): EdgepropError {
  const these = layers.map(({ name }) => name).join(", ");
  const those = modules
    .slice(0, mostListed)
    .map(({ path }) => quoted(path))
    .join(", ");
  return new EdgepropError(
    "bad-shape",
    `${these} could be any of ${those}: their shapes are the same and their names give no order; ${cure}`,
  );
}

function surplus(module: Module, tensors: Tensors): EdgepropError {
  return new EdgepropError(
    "bad-shape",
    `the model has no layer for ${describeModules([module], tensors)}; leave out what is not of it, or ${cure}`,
  );
}
