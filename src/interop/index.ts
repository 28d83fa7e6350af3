export { exportParams } from "./export-params.ts";
export type { ExportOptions } from "./export-params.ts";
export type { ImageOrder, Library } from "./foreign-params.ts";
export { importParams } from "./import-params.ts";
export type { ImportOptions } from "./import-params.ts";
export type { ParamNames } from "./names.ts";
export type { ArrangementOptions } from "./options.ts";
