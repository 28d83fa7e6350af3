import { float32 } from "./float32.ts";

export const allFilters = { float32 };
