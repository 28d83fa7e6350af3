import { createTrainer, proxProp } from "edgeprop";
import { describe, it } from "vitest";
import { comparedSteps, requireAgreement } from "../../bench/problems/agreement.ts";
import { createEdgepropPeer } from "../../bench/peers/edgeprop.ts";
import type { CreateTrainingPeer } from "../../bench/peers/peer.ts";
import { createPlainLoopPeer } from "../../bench/peers/plain-loop.ts";
import { decodeProblem, encodeProblem } from "../../bench/problems/problem-file.ts";
import { createTrainingProblem, gemmFlops, mlpCase } from "../../bench/problems/problems.ts";
import { median, rounded, spread } from "../../bench/timing/statistics.ts";

const problem = createTrainingProblem({ ...mlpCase([9, 7, 3], 5), numBatches: 4 });

async function lossesOf(createPeer: CreateTrainingPeer): Promise<number[]> {
  const peer = await createPeer(problem);
  const losses: number[] = [];
  for (let step = 1; step <= Math.max(...comparedSteps); step++) {
    await peer.step((step - 1) % problem.numBatches);
    if (comparedSteps.some((compared) => compared === step)) losses.push(await peer.loss());
  }
  return losses;
}

describe("what the benchmarks compare", () => {
  it("is the same training for edgeprop and a plain loop", async ({ expect }) => {
    const losses = new Map([
      ["plain loop", await lossesOf(createPlainLoopPeer)],
      ["edgeprop", await lossesOf(createEdgepropPeer(createTrainer))],
    ]);
    expect(losses.get("edgeprop")).toHaveLength(comparedSteps.length);
    expect(() => requireAgreement(losses, "the case")).not.toThrow();
  });

  it("is refused where somebody trains otherwise", async ({ expect }) => {
    const losses = new Map([
      ["plain loop", await lossesOf(createPlainLoopPeer)],
      ["edgeprop", await lossesOf(createEdgepropPeer(createTrainer, proxProp({ tau: 10 })))],
    ]);
    expect(() => requireAgreement(losses, "the case")).toThrow(/the loss after step 10 .* nothing is timed/);
  });

  it("is the same problem in another process", ({ expect }) => {
    const { buffer } = Uint8Array.from(encodeProblem(problem));
    const { params, batches, numClasses } = decodeProblem(buffer);
    expect({ params, batches, numClasses }).toEqual({
      params: problem.params,
      batches: problem.batches,
      numClasses: problem.numClasses,
    });
  });

  it("counts a step's products: forward, both gradients, but for the first layer's inputs", ({ expect }) => {
    expect(gemmFlops(problem.layers)).toBe(4 * 9 * 7 + 6 * 7 * 3);
  });

  it("reports the middle value, and how far the middle half lies apart", ({ expect }) => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(spread([1, 2, 3, 4, 5])).toBeCloseTo(2 / 3);
    expect(rounded(1234.567)).toBe(1235);
  });
});
