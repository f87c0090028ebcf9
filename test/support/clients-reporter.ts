/** Puts down what the run has shown of the real clients: the results file, and the table in docs/clients.md. */
import type { Reporter, TestModule } from "vitest/node";
import { writeResults, type Shown } from "./client-results.ts";

declare module "vitest" {
  interface TaskMeta {
    shown?: Shown;
  }
}

export default class ClientsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const seen = modules
      .flatMap((module) => [...module.children.allTests()])
      .flatMap((test) => {
        const { shown } = test.meta();
        return shown === undefined ? [] : [{ ...shown, passed: test.result().state === "passed" }];
      });
    writeResults(seen, process.env["SWITCHYARD_TEST_ISOLATED"] === "1");
  }
}
