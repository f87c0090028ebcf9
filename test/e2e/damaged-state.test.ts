/** A core whose state file was damaged starts all the same, and says what happened to whoever looks. */
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl, type ControlClient } from "../../src/control/client.ts";
import { type CoreProcess, startCoreProcess } from "../support/core-process.ts";
import { within } from "../support/wait.ts";

let core: CoreProcess;
let stateFile = "";
let secrets: unknown;
beforeAll(async () => {
  core = await startCoreProcess();
  stateFile = join(core.home, "state.json");
  secrets = await tokens();
  core.signal("SIGTERM");
  await core.exited;
}, 60_000);
afterAll(() => core.close());

const control = (): ControlClient => connectControl(resolvePaths({ SWITCHYARD_HOME: core.home }));

async function tokens(): Promise<unknown> {
  const { proxyToken, clientKey } = await control().secrets();
  return { proxyToken, clientKey };
}

/** What the core tells a screen that was opened later. */
async function firstNotice(): Promise<string> {
  let stop = (): void => {};
  const notice = new Promise<string>((resolve) => {
    stop = control().events((event) => {
      if (event.type === "core" && event.event.type === "notice" && event.event.area === "state") {
        resolve(event.event.text);
      }
    });
  });
  return within("a notice about the state", notice).finally(() => stop());
}

describe("a core with a damaged state file", { timeout: 60_000 }, () => {
  it.each([
    ["is empty", "", "was damaged (it is empty) and is kept as "],
    ["is cut off", '{"version":2,', "was damaged (it is cut off) and is kept as "],
    [
      "holds the wrong types",
      '{"version":2,"proxyToken":7}',
      "was damaged (proxyToken should be string) and is kept as ",
    ],
  ])("that %s goes on with its backup", async (_name, text, words) => {
    writeFileSync(stateFile, text);
    const started = await core.cli("start", "-d", "--port", "0");
    expect(started.stderr).toBe("");
    expect(started.stdout).toContain("listening on ");
    const notice = await firstNotice();
    expect(notice).toContain(`${stateFile} ${words}${stateFile}.corrupt-`);
    expect(notice).toContain("took its place; whatever was saved after that moment is lost");
    const { notices } = await control().status();
    expect(notices).toContainEqual(expect.objectContaining({ level: "warn", area: "state", text: notice }));
    expect(await tokens()).toEqual(secrets);
    expect((await core.cli("stop")).code).toBe(0);
  });

  it("that is a link says so instead of starting", async () => {
    const text = readFileSync(stateFile, "utf8");
    rmSync(stateFile);
    writeFileSync(join(core.home, "elsewhere.json"), text);
    symlinkSync(join(core.home, "elsewhere.json"), stateFile);
    const started = await core.cli("start", "--port", "0");
    expect(started.code).toBe(1);
    expect(started.stderr).toContain(`error: ${stateFile} is not a plain file; move it away`);
    expect(readFileSync(join(core.home, "elsewhere.json"), "utf8")).toBe(text);
  });
});
