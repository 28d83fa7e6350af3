import { countValues, decodeReported, encodeReported } from "../../frames/index.ts";
import type { ClientUpdate, NamedPart } from "../../frames/index.ts";
import { EdgepropError } from "../../errors.ts";
import { pickByName } from "../pick-by-name.ts";
import { float32 } from "./float32.ts";
import type { Encoding, FilterSet, FilterSpec, ValuesFilter } from "./update-filter.ts";

/** A run's filters put together: the bytes of an update from its values, and back. */
export interface UpdateCodec {
  /** On the client; `seed` is the task's. */
  readonly encode: (update: ClientUpdate, seed: number) => Uint8Array;
  /** On the server, from untrusted bytes; throws `bad-file` or `bad-shape`, naming the tensor or the metadata. */
  readonly decode: (bytes: Uint8Array) => ClientUpdate;
}

/**
 * For the filters of a RunSpec or a task. Throws `unsupported` for one that `set` lacks.
 *
 * @example
 * ```ts
 * const codec = createUpdateCodec([], { layout: paramsLayout(model), set: allFilters });
 * const update = { delta: new Float32Array(model.numParams), numExamples: 4, loss: 0.5 };
 * console.log(codec.decode(codec.encode(update, 1)).numExamples); // 4
 * ```
 */
export function createUpdateCodec(
  specs: readonly FilterSpec[] = [],
  { layout, set }: { readonly layout: readonly NamedPart[]; readonly set: FilterSet },
): UpdateCodec {
  const { values, encoding } = toChain(specs, set);
  return {
    encode({ delta, ...report }, seed) {
      checkLength(delta);
      const context = { layout, seed };
      const filtered = values.reduce(
        (current, { filter, spec }) => filter.apply(spec, current, context),
        delta,
      );
      return encodeReported(encoding.filter.encode(encoding.spec, filtered, context), report);
    },

    decode(bytes) {
      const { tensors, ...report } = decodeReported(bytes);
      const sent = encoding.filter.decode(encoding.spec, tensors, { layout });
      const delta = values.reduceRight(
        (current, { filter, spec }) => filter.undo?.(spec, current, { layout }) ?? current,
        sent,
      );
      checkLength(delta);
      return { delta, ...report };
    },
  };

  function checkLength({ length }: Float32Array): void {
    const expected = countValues(layout);
    if (length === expected) return;
    throw new EdgepropError("bad-shape", `the delta has ${length} values; expected ${expected}`);
  }
}

interface Chosen<F> {
  readonly filter: F;
  readonly spec: FilterSpec;
}

interface Chain {
  readonly values: readonly Chosen<ValuesFilter>[];
  readonly encoding: Chosen<Encoding>;
}

function toChain(specs: readonly FilterSpec[], set: FilterSet): Chain {
  const values: Chosen<ValuesFilter>[] = [];
  let encoding: Chosen<Encoding> | null = null;
  for (const [index, spec] of specs.entries()) {
    const path = `filters[${index}].name`;
    const filter = pickByName(set, spec.name, { path, code: "unsupported" });
    if (encoding !== null)
      throw new EdgepropError("unsupported", `${path} is "${spec.name}" after an encoding`);
    if (filter.kind === "values") values.push({ filter, spec });
    else encoding = { filter, spec };
  }
  return { values, encoding: encoding ?? { filter: float32, spec: { name: "float32" } } };
}
