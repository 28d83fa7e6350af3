import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// The workerd project brings its own secrets; wrangler would warn that nobody has set any.
process.env["WRANGLER_LOG"] ??= "error";

/** Tests import the library by its names; "edgeprop" is the entry of the platform that they run on. */
function alias(entry: "node" | "workerd") {
  const src = join(import.meta.dirname, "src");
  return [
    { find: /^edgeprop$/, replacement: join(src, `${entry}.ts`) },
    { find: /^edgeprop\/(core|dense|tfjs)$/, replacement: join(src, `$1/${entry}.ts`) },
    { find: /^edgeprop\/(.*)$/, replacement: join(src, "$1/index.ts") },
  ];
}

export default defineConfig({
  test: {
    coverage: {
      provider: "istanbul",
      include: ["src/**/*.ts", "workers/**/*.ts"],
      exclude: ["src/kernels/**", "**/*.d.ts"],
    },
    projects: [
      {
        resolve: { alias: alias("node") },
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/workerd/**", "test/e2e/**", "test/gpu/**"],
          // Not 0: where there is one worker only, vitest runs group 0 last.
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias: alias("workerd") },
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ADMIN_TOKEN: "admin-token-of-the-tests",
                TOKEN_SECRET: "token-secret-of-the-tests",
              },
              // Vitest looks for node:inspector, which the plugin leaves out.
              compatibilityFlags: ["enable_nodejs_inspector_module"],
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/workerd/**/*.test.ts", "test/**/*.portable.test.ts"],
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias: alias("node") },
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          // Whole processes, measured against deadlines: alone on the machine, after the others.
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { alias: alias("node") },
        test: {
          // Not part of `npm test`: it needs a WebGPU adapter, for which a software one stands in.
          name: "gpu",
          include: ["test/gpu/**/*.test.ts"],
          // Seconds of shader compilation, and one adapter for all.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          env: {
            VK_DRIVER_FILES: process.env["VK_DRIVER_FILES"] ?? "/usr/lib/chromium/vk_swiftshader_icd.json",
          },
        },
      },
    ],
  },
});
