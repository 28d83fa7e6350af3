import { allSets, dense, huber, proxProp, sequential, sgd, softmaxCrossEntropy } from "edgeprop";
import type { RuleType } from "edgeprop";
import { describe, it } from "vitest";
import { trainingSchemas } from "../../workers/shared/training-schemas.ts";

const { loss, model, optimizer, rule } = trainingSchemas(allSets);

/** A rule of a user's own. */
const mine: RuleType<{ readonly name: "mine"; readonly scale: number }> = {
  name: "mine",
  parse(fields) {
    fields.allowOnly(["name", "scale"]);
    return { name: "mine", scale: fields.number("scale", { above: 0, byDefault: 1 }) };
  },
  direction: (_, layer) => layer.gradient(),
};

describe("the schema of a loss", () => {
  it.for(["meanSquaredError", "huber", huber({ delta: 2 }), softmaxCrossEntropy({ labelSmoothing: 0.1 })])(
    "takes %j as it is",
    (value, { expect }) => {
      expect(loss.parse(value)).toEqual(value);
    },
  );

  it("fills in the defaults of an object, and takes a name's place where there is none", ({ expect }) => {
    expect(loss.parse({ name: "softmaxCrossEntropy" })).toEqual(softmaxCrossEntropy());
    expect(loss.default("huber").parse(undefined)).toBe("huber");
  });

  it.for([
    [undefined, /loss is missing/],
    ["hinge", /^loss is "hinge"; expected one of "softmaxCrossEntropy", "sigmoidCrossEntropy", /],
    [{ name: "huber", delta: -1 }, /loss.delta is -1; expected a finite number above 0/],
  ] as const)("refuses %j", ([value, message], { expect }) => {
    expect(loss.safeParse(value).error?.issues[0]?.message).toMatch(message);
  });
});

describe("the schemas of rules", () => {
  const own = { input: [2], layers: [{ type: "dense", units: 1, rule: { name: "mine" } }] };

  it("refuse a user's own rule where the sets lack it, by what they have", ({ expect }) => {
    expect(rule.safeParse({ name: "mine" }).error?.issues[0]?.message).toBe(
      'rule.name is "mine"; expected one of "backprop", "proxprop"',
    );
    expect(model.safeParse(own).error?.issues[0]?.message).toBe(
      'layers[0].rule.name is "mine"; expected one of "backprop", "proxprop"',
    );
  });

  it("complete it where the sets have it", ({ expect }) => {
    const known = trainingSchemas({ ...allSets, rules: { ...allSets.rules, mine } });
    expect(known.rule.parse({ name: "mine" })).toEqual({ name: "mine", scale: 1 });
    expect(known.model.parse(own).layers[0]).toMatchObject({ rule: { name: "mine", scale: 1 } });
    expect(known.rule.safeParse({ name: "mine", scale: 0 }).error?.issues[0]?.message).toMatch(
      /rule.scale is 0; expected a finite number above 0/,
    );
  });

  it("let a layer have its own", ({ expect }) => {
    const spec = sequential({ input: [2] }, [dense(1, { rule: proxProp({ tau: 1 }) })]);
    expect(model.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });
});

describe("the schema of an optimizer", () => {
  it("completes what the sets have, and names it where they lack another", ({ expect }) => {
    expect(optimizer.parse({ name: "sgd", learningRate: 0.5 })).toEqual(sgd({ learningRate: 0.5 }));
    expect(optimizer.safeParse({ name: "lion" }).error?.issues[0]?.message).toBe(
      'optimizer.name is "lion"; expected one of "sgd", "adam", "adamw", "rmsprop", "adagrad"',
    );
  });
});
