import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { EdgepropError } from "../../src/errors.ts";
import type { Splits } from "./cifar10.ts";
import { describeMachine } from "../command/machine.ts";
import { replaceFile } from "../command/replace-file.ts";
import { configurationSuffix } from "./results.ts";
import type { RuleName, Setting } from "./settings.ts";
import { finalTrainingLoss } from "./train.ts";

/** The columns and rows of the paper's Table 1, and exact steps besides. */
export const tableSteps = [50, 10, 5, 1, 0.5, 0.1, 0.05, 5e-3, 5e-4] as const;
export const tableRules = ["backprop", "cg1", "cg3", "cg5", "exact"] as const satisfies readonly RuleName[];
/** The paper's tau_theta from its section 5.2 on. */
export const tableTau = 1;

export type TableSetting = Omit<Setting, "rule" | "learningRate" | "tau"> & { readonly tau: number };

const tableSchema = z.object({
  setting: z.object({
    model: z.string(),
    epochs: z.number(),
    samples: z.number(),
    width: z.number(),
    seed: z.number(),
    tau: z.number(),
  }),
  machine: z.object({ cpu: z.string(), cores: z.number(), node: z.string(), kernels: z.string() }),
  cells: z.array(
    z.object({
      rule: z.string(),
      learningRate: z.number(),
      /** The loss over all training examples; null where training diverged. */
      loss: z.nullable(z.number()),
      diverged: z.exactOptional(z.string()),
    }),
  ),
});

export type Table = z.infer<typeof tableSchema>;
type Cell = Table["cells"][number];

export interface TableOptions {
  readonly folder: string;
  readonly onCell?: (cell: Cell) => void;
}

/**
 * The full batch training loss after `epochs` by step size. The step size is the paper's tau, which scales every
 * layer's update: the learning rate, with tau_theta fixed. A cell that the file has already is not computed again.
 */
export async function runTable(
  splits: Pick<Splits, "train">,
  setting: TableSetting,
  { folder, onCell = () => {} }: TableOptions,
): Promise<Table> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, tableFile(setting));
  const kept = await readTable(path);
  const isContinued = kept !== undefined && isDeepStrictEqual(kept.setting, setting);
  const table: Table = {
    setting: { ...setting },
    machine: describeMachine(false),
    cells: isContinued ? kept.cells : [],
  };
  for (const rule of tableRules) {
    for (const learningRate of tableSteps) {
      if (table.cells.some((cell) => cell.rule === rule && cell.learningRate === learningRate)) continue;
      const { tau, ...shared } = setting;
      const one = { ...shared, rule, learningRate, ...(rule === "backprop" ? {} : { tau }) };
      const cell = { rule, learningRate, loss: null, ...(await finalTrainingLoss(splits, one)) };
      table.cells.push(cell);
      await replaceFile(path, `${JSON.stringify(table, null, 2)}\n`);
      onCell(cell);
    }
  }
  return table;
}

export function tableFile(setting: TableSetting): string {
  const { model, epochs, tau } = setting;
  const parts = [
    ...(model === "mlp" ? [] : [`-${model}`]),
    configurationSuffix(setting),
    ...(epochs === 50 ? [] : [`-e${epochs}`]),
    ...(tau === tableTau ? [] : [`-tau${tau}`]),
  ];
  return `paper-table${parts.join("")}.json`;
}

/** Rules down, step sizes across, as in the paper. */
export function tableMarkdown({ cells }: Table): string {
  const lossOf = (rule: string, step: number): string => {
    const cell = cells.find((each) => each.rule === rule && each.learningRate === step);
    if (cell === undefined) return "";
    return cell.loss === null ? "diverged" : formatLoss(cell.loss);
  };
  const rows = tableRules.map((rule) => [rule, ...tableSteps.map((step) => lossOf(rule, step))]);
  const lines = [
    ["learning rate", ...tableSteps.map(String)],
    ["---", ...tableSteps.map(() => "---")],
    ...rows,
  ];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function formatLoss(loss: number): string {
  return loss < 0.01 || loss >= 1000 ? loss.toExponential(1) : loss.toPrecision(3);
}

async function readTable(path: string): Promise<Table | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = tableSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new EdgepropError(
    "bad-file",
    `${path} is no table of this benchmark: ${z.prettifyError(parsed.error)}`,
  );
}
