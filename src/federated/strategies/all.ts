import { fedavg } from "./fedavg.ts";

export const allStrategies = { fedavg };
