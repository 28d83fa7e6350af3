export { initializeParams } from "./initialize-params.ts";
export { bindRule, parseModel, toModel } from "./model.ts";
export type { Model, ModelSpec } from "./model.ts";
export { paramsLayout } from "./params-layout.ts";
export type { ParamsEntry, ParamsLayout } from "./params-layout.ts";
export { planLayers, ruleStateName } from "./plan-layers.ts";
export type { LayerPlan, PlanOptions } from "./plan-layers.ts";
export { sequential } from "./sequential.ts";
