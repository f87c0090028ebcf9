/** Every screen of the real process in a real terminal: by digit and by tab, its help, dialogs, a resize, a lost core. */
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { canRun } from "../support/needs.ts";
import { startFakeCore, type FakeCore } from "./fake-core.ts";
import { variedFlows } from "./sample-flows.ts";
import { startTmux, tuiCommand, type Tmux } from "./tmux.ts";

const closing: (() => Promise<void>)[] = [];

interface Stage {
  readonly tmux: Tmux;
  readonly core: FakeCore;
  readonly socketPath: string;
}

async function stage(columns: number, rows: number): Promise<Stage> {
  const tmux = await startTmux({ columns, rows });
  closing.push(() => tmux.close());
  const socketPath = join(tmux.folder, "core");
  const core = await startCore(socketPath);
  const modes = join(tmux.folder, "modes");
  await tmux.type(
    `clear; stty -a > '${modes}'; ${tuiCommand(socketPath)}; echo "exit $?"; stty -a | diff '${modes}' - && echo sane`,
  );
  await tmux.until(/18 flows/);
  return { tmux, core, socketPath };
}

async function startCore(socketPath: string): Promise<FakeCore> {
  const core = await startFakeCore(socketPath);
  closing.push(() => core.close());
  for (const flow of variedFlows(20, Date.now())) core.flow(flow);
  return core;
}

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const titles = ["Traffic", "Accounts", "Models", "Routes", "Sessions", "Usage", "Logs", "Capture"] as const;
const shorts = ["Traffic", "Acct", "Mod", "Rout", "Sess", "Use", "Log", "Cap"] as const;

/** Alternate screen off, cursor shown, automatic wrap on: as a shell wants it. */
const shellModes = "0 1 1";

describe.runIf(canRun("tmux", "-V"))("the screens in a terminal", () => {
  it.each([
    [120, 40, titles, " "],
    [80, 24, shorts, ""],
  ] as const)("are reached by digit and by tab, each with its help (%ix%i)", async (columns, rows, names, gap) => {
    const { tmux } = await stage(columns, rows);
    const named = (index: number): RegExp => new RegExp(`\\[${index + 1}${gap}${names[index] ?? ""}\\]`);
    for (const index of names.keys()) {
      await tmux.keys(String(index + 1));
      await tmux.until(named(index));
      await tmux.keys("?");
      await tmux.until(new RegExp(`Help: ${(titles[index] ?? "").toLowerCase()}`));
      await tmux.keys("?");
      const text = await tmux.until(named(index));
      expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
    await tmux.keys("1");
    for (const index of [...names.keys()].slice(1)) {
      await tmux.keys("Tab");
      await tmux.until(named(index));
    }
    await tmux.keys("Tab");
    await tmux.until(named(0));
    await tmux.keys("BTab");
    await tmux.until(named(names.length - 1));
    await tmux.keys("Q");
    await tmux.until(/exit 0\nsane/);
    expect(await tmux.modes()).toBe(shellModes);
  });

  it("filter, open a dialog, follow a resize and come back from the shell", async () => {
    const { tmux } = await stage(120, 40);
    await tmux.keys("8");
    await tmux.until(/github\.com +o tunnelled/);
    await tmux.keys("/");
    await tmux.keys("-l", "github");
    await tmux.until(/1 {2}all hosts {2}match "github"/);
    await tmux.keys("Enter");
    await tmux.keys("w");
    await tmux.until(/Watch github\.com[\s\S]*config set intercept\.hosts '\[default, github\.com\]'/);
    await tmux.keys("y");
    await tmux.until(/copied: switchyard config set/);
    await tmux.keys("Enter");
    await tmux.until(/means {5}not among the hosts/);
    await tmux.keys("Escape");
    await tmux.until(/\[8 Capture\]/);
    await tmux.resize(80, 24);
    await tmux.until(/\[8Cap\][\s\S]*github\.com +o tunnelled/);
    await tmux.resize(50, 12);
    await tmux.until(/need 60x16, have 50x12/);
    await tmux.resize(120, 40);
    await tmux.until(/\[8 Capture\]/);
    await tmux.keys("C-z");
    await tmux.until(/Stopped/);
    expect(await tmux.modes()).toBe(shellModes);
    await tmux.type("clear; fg");
    await tmux.until(/\[8 Capture\][\s\S]*github\.com/);
    await tmux.keys("f");
    await tmux.until(/2 match "host:github\.com"/);
    await tmux.keys("7");
    await tmux.until(/#\d+ claude POST api\.anthropic\.com ended with 529/);
    await tmux.keys("v", "v");
    await tmux.until(/\d+ {2}errors/);
    await tmux.keys("Enter");
    await tmux.until(/\[1 Overview\]/);
    await tmux.keys("q");
    await tmux.until(/\[7 Logs\]/);
    await tmux.keys("C-c");
    await tmux.untilNot(/\[7 Logs\]/);
    expect(await tmux.modes()).toBe(shellModes);
  });

  it("keep what they show while the core is away, say so, and find the next one", async () => {
    const { tmux, core, socketPath } = await stage(100, 30);
    await tmux.keys("8");
    await tmux.until(/api\.anthropic\.com +\+ decrypted/);
    await core.close();
    const lost = await tmux.until(/Lost the core[\s\S]*next try in|Lost the core[\s\S]*trying again/);
    expect(lost).toMatch(/api\.anthropic\.com +\+ decrypted/);
    await startCore(socketPath);
    await tmux.untilNot(/Lost the core/);
    await tmux.keys("7");
    await tmux.until(/the core is back/);
    await tmux.keys("Q");
    await tmux.until(/exit 0\nsane/);
    expect(await tmux.modes()).toBe(shellModes);
  });
});
