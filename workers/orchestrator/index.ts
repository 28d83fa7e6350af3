import { createApp } from "./app.ts";

export { Directory } from "./directory.ts";
export { Run } from "./run.ts";

export default createApp();
