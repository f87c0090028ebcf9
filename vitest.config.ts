import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "test/**/*.test.ts", "test/**/*.test.tsx"],
    exclude: ["test/clients/**", "node_modules/**", "dist/**"],
    // Tests open real sockets and make certificates; two at a time keeps a 2-core machine honest.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Eleven thousand tests, many of them with processes and sockets on a shared machine: one that fails is tried once
    // more there, and the end of the run names it. On a developer's machine it fails at once.
    retry: process.env["CI"] === "true" ? 1 : 0,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
