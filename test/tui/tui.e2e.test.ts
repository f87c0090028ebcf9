import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startFakeCore, type FakeCore } from "./fake-core.ts";
import { firstForeign, hostileFlow, hostileTexts } from "./hostile.ts";
import { rerouted, sampleFlow, variedFlows } from "./sample-flows.ts";
import { canRun } from "../support/needs.ts";
import { isRunning } from "../../src/base/process-table.ts";
import { waitFor } from "../support/wait.ts";
import { startTmux, tuiCommand, type Tmux, type TmuxOptions } from "./tmux.ts";

const closing: (() => Promise<void>)[] = [];

interface Stage {
  readonly tmux: Tmux;
  readonly core: FakeCore;
  readonly socketPath: string;
}

async function stage(options: TmuxOptions, flows: number, flags = "", nodeFlags = ""): Promise<Stage> {
  const tmux = await startTmux(options);
  closing.push(() => tmux.close());
  const socketPath = join(tmux.folder, "core");
  const modes = join(tmux.folder, "modes");
  const core = await startCore(socketPath, flows);
  await tmux.type(
    `clear; stty -a > '${modes}'; ${tuiCommand(socketPath, flags, nodeFlags)}; echo "exit $?"; stty -a | diff '${modes}' - && echo sane`,
  );
  await tmux.until(/Traffic.*:8317/);
  return { tmux, core, socketPath };
}

async function startCore(socketPath: string, flows: number): Promise<FakeCore> {
  const core = await startFakeCore(socketPath);
  closing.push(() => core.close());
  for (const flow of variedFlows(flows, Date.now())) core.flow(flow);
  return core;
}

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Takes the ears for a closing window from the program: some starters keep that signal to themselves. */
const deaf =
  "process.on(`newListener`,(n)=>n===`SIGHUP`&&setImmediate(()=>process.removeAllListeners(n).on(n,()=>{})))";

/** Alternate screen off, cursor shown, automatic wrap on: as a shell wants it. */
const shellModes = "0 1 1";

describe.runIf(canRun("tmux", "-V"))("the TUI process in a terminal", () => {
  it("shows, moves, opens, searches, explains and leaves the terminal as it was (120x40)", async () => {
    const { tmux, core } = await stage({ columns: 120, rows: 40 }, 60);
    await tmux.until(/54 flows {2}6 live/);
    expect(await tmux.modes()).toBe("1 0 0");
    await tmux.keys("jjj");
    await tmux.until(/^>.*dns!/m);
    await tmux.keys("g", "f");
    core.flow(sampleFlow("new", { startedAt: Date.now(), client: "zed" }));
    await tmux.until(/^>\d\d:\d\d:\d\d zed /m);
    core.flow(rerouted("rerouted", { startedAt: Date.now() }));
    await tmux.until(/lost: thinking signature, cache_control x4/);
    await tmux.keys("/");
    await tmux.keys("-l", "qwen3");
    await tmux.until(/7 match "qwen3"/);
    await tmux.keys("Enter");
    await tmux.keys("Enter");
    await tmux.until(/rule 1: claude-\* to combo\/deep/);
    await tmux.keys("3");
    await tmux.until(/\[3 Upstream request\][\s\S]*"model": "qwen3-coder"/);
    await tmux.keys("4");
    await tmux.until(/content_block_delta/);
    await tmux.keys("?");
    await tmux.until(/Help: flow detail[\s\S]*wrap long lines/);
    await tmux.keys("Escape");
    await tmux.untilNot(/Help/);
    await tmux.keys("q");
    await tmux.until(/errors .*tunnelled/);
    await tmux.keys("q");
    await tmux.until(/exit 0\nsane/);
    expect(await tmux.modes()).toBe(shellModes);
  });

  it("fits 80x24 and follows every resize", async () => {
    const { tmux } = await stage({ columns: 80, rows: 24 }, 60);
    const text = await tmux.until(/^>/m);
    expect(text.split("\n").filter((line) => /^[ >]\d\d:\d\d:\d\d /.test(line)).length).toBeGreaterThanOrEqual(15);
    await tmux.resize(120, 40);
    await tmux.until(/request +model +account +status +in +out +\$ +ttft +total\n/);
    await tmux.resize(50, 12);
    await tmux.until(/need 60x16, have 50x12/);
    await tmux.resize(80, 24);
    await tmux.until(/client +model +account +status +in +out +total\n/);
    await tmux.keys("C-c");
    await tmux.until(/exit 0\nsane/);
  });

  it("starts empty with the way to begin, and asks before it takes the core with it", async () => {
    const { tmux, core } = await stage({ columns: 80, rows: 24 }, 0, "--core-ends");
    await tmux.until(/switchyard run -- claude/);
    await tmux.until(/\[x\] The proxy is running +127\.0\.0\.1:8317/);
    core.flow(sampleFlow("live", { startedAt: Date.now(), state: "streaming", endedAt: undefined }));
    await tmux.until(/1 live/);
    await tmux.keys("q");
    await tmux.until(/quitting stops the proxy/);
    await tmux.keys("q");
    await tmux.until(/exit 0\nsane/);
    expect(await tmux.modes()).toBe(shellModes);
  });

  it("outlives its core and finds the next one", async () => {
    const { tmux, core, socketPath } = await stage({ columns: 100, rows: 30 }, 10);
    await core.close();
    await tmux.until(/Lost the core/);
    await startCore(socketPath, 20);
    await tmux.until(/18 flows/);
    expect(await tmux.untilNot(/Lost the core/)).toContain("follow ON");
    await tmux.keys("Q");
    await tmux.until(/exit 0/);
  });

  it("suspends to the shell and comes back", async () => {
    const { tmux } = await stage({ columns: 80, rows: 24 }, 10);
    await tmux.keys("C-z");
    await tmux.until(/Stopped/);
    expect(await tmux.modes()).toBe(shellModes);
    await tmux.type("clear; fg");
    await tmux.until(/9 flows/);
    await tmux.keys("q");
    await tmux.untilNot(/9 flows/);
    expect(await tmux.modes()).toBe(shellModes);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("gives the terminal back on %s", async (signal, code) => {
    const { tmux } = await stage({ columns: 80, rows: 24 }, 10);
    await tmux.signal(signal);
    await tmux.until(new RegExp(`exit ${code}\\nsane`));
    expect(await tmux.modes()).toBe(shellModes);
  });

  it("ends when its window is closed, even if nobody tells it so with a signal", async () => {
    const { tmux } = await stage({ columns: 100, rows: 30 }, 5, "", `--import 'data:text/javascript,${deaf}'`);
    const pid = await tmux.runs();
    await tmux.close();
    expect(await waitFor("the screen to end", () => !isRunning(pid, null))).toBe(true);
  });

  it("gives the terminal back before it says that it crashed", async () => {
    const crashOnSignal = "data:text/javascript,process.on('SIGUSR2',()=>{throw(new(Error)('boom'))})";
    const { tmux } = await stage({ columns: 100, rows: 30 }, 10, "", `--import "${crashOnSignal}"`);
    await tmux.signal("SIGUSR2");
    await tmux.until(/the terminal UI crashed; the proxy itself goes on\.\nError: boom[\s\S]*exit 1\nsane/);
    expect(await tmux.modes()).toBe(shellModes);
  });

  it("lets no hostile text command the terminal, whatever field it stands in", { timeout: 120_000 }, async () => {
    const { tmux, core } = await stage({ columns: 120, rows: 40 }, 0);
    await tmux.until(/switchyard run -- claude/);
    const recorded = join(tmux.folder, "recorded");
    const [outside, modes] = [await tmux.outside(), await tmux.modes()];
    await tmux.record(recorded);
    const texts = Object.values(hostileTexts);
    for (const [index, text] of texts.entries()) {
      core.flow(hostileFlow(`evil-${index}`, () => `A${text}B`, Date.now() + index * 1_000));
      core.core({ type: "notice", level: "warn", area: text, text });
      core.core({ type: "config-rejected", message: `A${text}B` });
    }
    core.core({ type: "certificate-refused", host: texts.join(""), message: texts.join(""), fix: texts.join("") });
    await tmux.until(/tls!/);
    await tmux.keys("j", "Enter");
    for (let number = texts.length; number > 0; number -= 1) {
      await tmux.until(new RegExp(`^ #${number} `, "m"));
      // The other tabs are made of the same parts; the harness looks at all of them.
      for (const tab of ["2", "4", "1"]) {
        await tmux.keys(tab);
        await tmux.until(new RegExp(`\\[${tab} `));
      }
      if (number > 1) await tmux.keys("J");
    }
    await tmux.keys("q");
    await tmux.until(/follow off/);
    const written = await readFile(recorded, "utf8");
    expect(written).toContain("␛");
    expect(firstForeign(written)).toBeNull();
    expect([await tmux.outside(), await tmux.modes()]).toEqual([outside, modes]);
  });

  it("runs React's production build: the other one leaves a measurement behind for every render", async () => {
    const told = "'left'+performance.getEntriesByType('measure').length+process.env.NODE_ENV";
    const tell = `data:text/javascript,process.on('SIGUSR2',()=>{throw(new(Error)(${told}))})`;
    const { tmux } = await stage({ columns: 100, rows: 30 }, 10, "", `--import "${tell}"`);
    await tmux.keys("?");
    await tmux.until(/Help/);
    await tmux.keys("?", "Enter");
    await tmux.until(/\[1 /);
    await tmux.signal("SIGUSR2");
    expect(await tmux.until(/Error: left\d+/)).toContain("Error: left0production");
  });

  it("draws ASCII without colour in a C locale with NO_COLOR, under CI too", async () => {
    const env = { LANG: "C", NO_COLOR: "1", CI: "true" };
    const { tmux } = await stage({ columns: 80, rows: 24, env }, 10);
    const text = await tmux.until(/^>/m);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    await tmux.keys("q");
    await tmux.until(/exit 0/);
  });

  it("says what to do instead when there is no terminal", async () => {
    const tmux = await startTmux({ columns: 100, rows: 24 });
    closing.push(() => tmux.close());
    await tmux.type(`${tuiCommand("/nowhere")} < /dev/null; echo "exit $?"`);
    const text = await tmux.until(/exit 2/);
    expect(text).toContain("needs a terminal");
  });
});
