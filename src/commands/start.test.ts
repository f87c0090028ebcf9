import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../test/support/wait.ts";
import type { CoreNotice } from "../base/controls.ts";
import { resolvePaths } from "../base/paths.ts";
import { readInstance } from "../control/instance.ts";
import { type Bench, commandBench } from "./__fixtures__/command-bench.ts";
import type { CoreModule, StartCoreOptions } from "./context.ts";
import { start, type StartOptions } from "./start.ts";

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

const plain: StartOptions = {
  port: undefined,
  host: undefined,
  detach: false,
  child: false,
  untilUnused: false,
  record: undefined,
};

function benchWith(core: CoreModule): Bench {
  const bench = commandBench({ core });
  benches.push(bench);
  return bench;
}

function fakeCore(notices: readonly CoreNotice[] = []): {
  module: CoreModule;
  asked: StartCoreOptions[];
  survived: unknown[];
  stops: () => number;
} {
  const asked: StartCoreOptions[] = [];
  const survived: unknown[] = [];
  let stops = 0;
  return {
    asked,
    survived,
    stops: () => stops,
    module: {
      startCore(options) {
        asked.push(options);
        let finish = (): void => {};
        const stopped = new Promise<void>((resolve) => {
          finish = resolve;
        });
        return Promise.resolve({
          url: "http://127.0.0.1:4242",
          port: 4242,
          stopped,
          notices: () => notices,
          survive: (error) => void survived.push(error),
          stop() {
            stops += 1;
            finish();
            return stopped;
          },
        });
      },
    },
  };
}

describe("start", () => {
  it("outlives an exception that nobody caught, and says so", async () => {
    const { module, survived } = fakeCore();
    const bench = benchWith(module);
    const code = start(bench.context, plain);
    await waitFor("the line", () => bench.out());
    const fault = new Error("one flow's");
    bench.fault(fault);
    expect(survived).toEqual([fault]);
    expect(bench.err()).toContain("the core goes on");
    bench.signal("SIGTERM");
    expect(await code).toBe(0);
    bench.fault(fault);
    expect(survived).toHaveLength(1);
  });

  it("prints one line when it is ready and stops on a signal", async () => {
    const { module, asked, stops } = fakeCore();
    const bench = benchWith(module);
    const code = start(bench.context, { ...plain, port: 0, host: "127.0.0.2", untilUnused: true });
    await waitFor("the line", () => bench.out());
    expect(bench.out()).toBe("listening on http://127.0.0.1:4242\n");
    expect(asked[0]).toMatchObject({ overrides: { port: 0, host: "127.0.0.2" }, untilUnused: true, version: "9.9.9" });
    expect((await readInstance(bench.context.paths))?.url).toBe("http://127.0.0.1:4242");
    bench.signal("SIGTERM");
    expect(await code).toBe(0);
    expect(stops()).toBe(1);
    expect(await readInstance(bench.context.paths)).toBeNull();
  });

  it("says on stderr what the core met while it started, and nothing more on stdout", async () => {
    const at = "2026-11-21T12:00:00.000Z";
    const { module } = fakeCore([
      { at, level: "warn", area: "oauth", text: "a file is ignored" },
      { at, level: "error", area: "state", text: "two\nlines \u001b[31m" },
    ]);
    const bench = benchWith(module);
    const code = start(bench.context, plain);
    await waitFor("the warnings", () => bench.err());
    const [first, second, ...rest] = bench.err().split("\n");
    expect(first).toBe("warning: oauth: a file is ignored");
    expect(second).toMatch(/^warning: state: two.*lines/);
    expect(rest).toEqual([""]);
    expect(bench.err()).not.toContain("\u001b");
    expect(bench.out()).toBe("listening on http://127.0.0.1:4242\n");
    bench.signal("SIGTERM");
    expect(await code).toBe(0);
  });

  it.each([
    ["the home", false, "plain-file/below", "ENOTDIR"],
    ["the folder of its log", true, "", "EEXIST"],
  ])("names what cannot be written, %s, and what to do (detached: %s)", async (_what, detach, below, code) => {
    const { module, asked } = fakeCore();
    const bench = benchWith(module);
    const home = join(bench.home, below);
    for (const name of ["plain-file", "logs"]) writeFileSync(join(bench.home, name), "");
    const context = { ...bench.context, paths: resolvePaths({ SWITCHYARD_HOME: home }) };
    await expect(start(context, { ...plain, detach })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(new RegExp(`^${home}.* cannot be written, and a core keeps its files there$`)),
      why: `something on that path is a file, not a folder (${code})`,
      next: "move that file away, or take another folder: SWITCHYARD_HOME=FOLDER switchyard start",
    });
    expect(asked).toEqual([]);
  });

  it("ends well, with a warning, when its file can no longer be removed", async () => {
    const { module } = fakeCore();
    const bench = benchWith(module);
    const code = start(bench.context, plain);
    await waitFor("the line", () => bench.out());
    const { pidFile } = bench.context.paths;
    // A folder cannot be read or unlinked as a file, whoever asks.
    rmSync(pidFile);
    mkdirSync(pidFile);
    bench.signal("SIGTERM");
    expect(await code).toBe(0);
    expect(bench.err()).toMatch(/^warning: .*core\.json could not be removed: .*; it does no harm\n$/);
  });

  it("leaves errors of other kinds as they are", async () => {
    const failure = Object.assign(new Error("EACCES: elsewhere"), { code: "EACCES", path: "/elsewhere/ca.pem" });
    const bench = benchWith({ startCore: () => Promise.reject(failure) });
    await expect(start(bench.context, plain)).rejects.toBe(failure);
  });

  it("leaves address and port to the configuration when none is given", async () => {
    const { module, asked } = fakeCore();
    const bench = benchWith(module);
    const code = start(bench.context, plain);
    await waitFor("the line", () => bench.out());
    expect(asked[0]?.overrides).toEqual({});
    bench.signal("SIGINT");
    await code;
  });

  it("tells a second one of the same home who runs, with code 4", async () => {
    const { module, asked } = fakeCore();
    const bench = benchWith(module);
    const code = start(bench.context, plain);
    await waitFor("the line", () => bench.out());
    await expect(start(bench.context, plain)).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringContaining("http://127.0.0.1:4242"),
    });
    expect(asked).toHaveLength(1);
    bench.signal("SIGTERM");
    await code;
  });

  it("frees the home when the core cannot start", async () => {
    const failure = Object.assign(new Error("127.0.0.1:8317 is already in use"), { exitCode: 4, fix: "another port" });
    const bench = benchWith({ startCore: () => Promise.reject(failure) });
    await expect(start(bench.context, plain)).rejects.toBe(failure);
    expect(await readInstance(bench.context.paths)).toBeNull();
    expect(bench.out()).toBe("");
  });
});
