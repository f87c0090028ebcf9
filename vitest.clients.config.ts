import { defineConfig } from "vitest/config";

// Real, unmodified clients: installed lazily into a cache folder outside the project, run one at a time.
export default defineConfig({
  test: {
    include: ["test/clients/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 600_000,
    reporters: ["verbose", "./test/support/clients-reporter.ts", "./test/support/count-reporter.ts"],
  },
});
