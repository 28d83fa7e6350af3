import { dense, huber, proxProp, sequential, softmaxCrossEntropy } from "edgeprop";
import { describe, it } from "vitest";
import { lars } from "../../examples/custom-rule/lars.ts";
import { loss, model, rule } from "../../workers/shared/training-schemas.ts";

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
    ["hinge", /loss is "hinge"; expected one of "softmaxCrossEntropy"/],
    [{ name: "huber", delta: -1 }, /loss.delta is -1; expected a finite number above 0/],
  ] as const)("refuses %j", ([value, message], { expect }) => {
    expect(loss.safeParse(value).error?.issues[0]?.message).toMatch(message);
  });
});

describe("the schemas of rules", () => {
  it("refuse a user's own rule: it is no JSON", ({ expect }) => {
    const mine = lars({ trust: 1, weightDecay: 0 });
    expect(rule.safeParse(mine).success).toBe(false);
    expect(rule.safeParse({ name: "custom", title: mine.title }).success).toBe(false);
    const spec = {
      input: [2],
      layers: [{ type: "dense", units: 1, rule: { name: "custom", title: "mine" } }],
    };
    expect(model.safeParse(spec).error?.issues[0]?.message).toMatch(
      /layers\[0\].rule.name is "custom"; expected/,
    );
  });

  it("let a layer have its own", ({ expect }) => {
    const own = sequential({ input: [2] }, [dense(1, { rule: proxProp({ tau: 1 }) })]);
    expect(model.parse(JSON.parse(JSON.stringify(own)))).toEqual(own);
  });
});
