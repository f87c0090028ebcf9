/**
 * Names the tests that passed only when they were tried again, so that nobody takes them for steady ones, and prints
 * `N passed, N failed` alone on the last line: the one figure that scripts outside read.
 * A file that fails to load counts as one failure, so that a broken import can never look like success.
 */
import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    const unsteady: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const state = test.result().state;
        if (state === "passed") passed += 1;
        if (state === "failed") failed += 1;
        if (state === "passed" && test.diagnostic()?.flaky === true) {
          unsteady.push(`${module.relativeModuleId}: ${test.fullName}`);
        }
      }
      if (module.state() === "failed" && !tests.some((test) => test.result().state === "failed")) failed += 1;
    }
    process.on("exit", () => {
      if (unsteady.length > 0) {
        process.stdout.write(`\npassed only when tried again:\n${unsteady.map((name) => `  ${name}\n`).join("")}`);
      }
      const counts = `${passed} passed, ${failed} failed\n`;
      process.stdout.write(`\n${counts}`);
      const file = process.env["SWITCHYARD_TEST_COUNTS"];
      if (file !== undefined) writeFileSync(file, counts);
    });
  }
}
