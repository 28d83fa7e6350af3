export { clip } from "../../../examples/custom-filter/clip.ts";
export { int8 } from "../../../examples/custom-filter/int8.ts";
