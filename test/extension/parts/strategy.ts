export { fedadam } from "../../../examples/custom-strategy/fed-adam.ts";
