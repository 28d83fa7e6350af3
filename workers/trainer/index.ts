import { createApp } from "./app.ts";

export { EdgeClient } from "./edge-client.ts";

export default createApp();
