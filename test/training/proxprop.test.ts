import { createTrainer } from "edgeprop";
import { describeProxStep } from "../suites/prox-step.ts";

describeProxStep(createTrainer, { numRuns: 100 });
