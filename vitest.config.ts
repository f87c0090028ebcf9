import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Some minutes each: begun last, one of them would keep one worker busy after the other has finished. */
const longOnes = [
  "sdk-matrix/envelopes",
  "fault/board/board",
  "bench/bench",
  "tui/size-matrix",
  "tui/tui.e2e",
  "src/cli",
];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      longOnes.some((name) => moduleId.endsWith(`${name}.test.ts`));
    return [...usual.filter(isLong), ...usual.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "test/**/*.test.ts", "test/**/*.test.tsx"],
    exclude: ["test/clients/**", "node_modules/**", "dist/**"],
    // Tests open real sockets and make certificates; two at a time keeps a 2-core machine honest.
    maxWorkers: 2,
    sequence: { sequencer: LongOnesFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Eleven thousand tests, many of them with processes and sockets on a shared machine: one that fails is tried once
    // more there, and the end of the run names it. On a developer's machine it fails at once.
    retry: process.env["CI"] === "true" ? 1 : 0,
    reporters: ["default", "./test/support/count-reporter.ts"],
  },
});
