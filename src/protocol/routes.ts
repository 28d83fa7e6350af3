/** The paths of the orchestrator, in one place for both sides. */
export const routes = {
  runs: () => "/v1/runs",
  run: (run: string) => `/v1/runs/${segment(run)}`,
  action: (run: string, action: RunAction) => `/v1/runs/${segment(run)}/actions/${action}`,
  joinTokens: (run: string) => `/v1/runs/${segment(run)}/join-tokens`,
  clients: (run: string) => `/v1/runs/${segment(run)}/clients`,
  client: (run: string, client: string) => `/v1/runs/${segment(run)}/clients/${segment(client)}`,
  task: (run: string) => `/v1/runs/${segment(run)}/task`,
  params: (run: string, round: number) => `/v1/runs/${segment(run)}/rounds/${round}/params`,
  /** In `minibatch` mode the shard is named. */
  update: (run: string, round: number, client: string, shard?: number) =>
    `/v1/runs/${segment(run)}/rounds/${round}/updates/${segment(client)}${shard === undefined ? "" : `?shard=${shard}`}`,
  evaluation: (run: string, round: number, client: string) =>
    `/v1/runs/${segment(run)}/rounds/${round}/evaluations/${segment(client)}`,
  model: (run: string) => `/v1/runs/${segment(run)}/model`,
  events: (run: string) => `/v1/runs/${segment(run)}/events`,
} as const;

/** The paths of a trainer Worker by which an operator gives its edge clients data and a run. */
export const trainerRoutes = {
  dataset: (name: string) => `/v1/datasets/${segment(name)}`,
  client: (client: string) => `/v1/clients/${segment(client)}`,
  clientDataset: (client: string) => `/v1/clients/${segment(client)}/dataset`,
  join: (client: string) => `/v1/clients/${segment(client)}/join`,
} as const;

export const runActions = ["start", "pause", "stop"] as const;
export type RunAction = (typeof runActions)[number];

function segment(text: string): string {
  return encodeURIComponent(text);
}
