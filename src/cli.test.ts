/** The program as a person starts it: real processes, a real core, a home of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../test/support/temp.ts";
import { waitFor } from "../test/support/wait.ts";
import { resolvePaths } from "./base/paths.ts";
import { readInstance } from "./control/instance.ts";
import { findCore } from "./control/process.ts";

const cliPath = fileURLToPath(new URL("cli.ts", import.meta.url));

const homes: TempFolder[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) {
    const core = await findCore(resolvePaths({ SWITCHYARD_HOME: home.path })).catch(() => null);
    // It may be ending by itself just now.
    await core?.client.stopCore().catch(() => {});
    await waitFor(
      "the core's end",
      async () => (await readInstance(resolvePaths({ SWITCHYARD_HOME: home.path }))) === null,
    );
    home.close();
  }
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function newHome(): string {
  const home = tempFolder("cli");
  homes.push(home);
  // A port of its own: the default one may be in use on this machine.
  home.file("config.yaml", "listen: { port: 0 }\n");
  return home.path;
}

function launch(home: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ["--import", import.meta.resolve("tsx"), cliPath, ...args], {
    env: { PATH: process.env["PATH"], HOME: home, SWITCHYARD_HOME: home, ...env },
    cwd: home,
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess, input = ""): Promise<Ended> {
  const text = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => (text.out += piece));
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => (text.err += piece));
  child.stdin?.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...text };
}

async function switchyard(home: string, ...args: string[]): Promise<Ended> {
  return ended(launch(home, args));
}

const nodeScript = (source: string): string[] => [process.execPath, "-e", source];

describe("the command line", () => {
  it("helps, with examples, and knows its version", async () => {
    const home = newHome();
    const [help, version] = await Promise.all([switchyard(home, "run", "--help"), switchyard(home, "--version")]);
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toContain("switchyard run -- claude");
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("explains a slip on stderr and exits with 2", async () => {
    const home = newHome();
    const [unknown, option] = await Promise.all([switchyard(home, "strat"), switchyard(home, "start", "--port", "x")]);
    expect(unknown).toMatchObject({ code: 2, out: "", err: expect.stringContaining('did you mean "start"') });
    expect(option).toMatchObject({ code: 2, out: "", err: expect.stringContaining("0 to 65535") });
  });

  it("runs a command with its own input, output and exit code, and nothing of ours between", async () => {
    const home = newHome();
    const script = `
      process.stdin.pipe(process.stdout);
      process.stderr.write(process.argv.slice(1).join("|"));
      process.on("exit", () => { process.exitCode = 7; });`;
    const ran = await ended(
      launch(home, ["run", "--", ...nodeScript(script), "--", "--keep", "--", "-v", "a b"]),
      "in\0put\n",
    );
    expect(ran).toEqual({ code: 7, out: "in\0put\n", err: "--keep|--|-v|a b" });
    await waitFor("the core to go with its last user", async () => (await switchyard(home, "status")).code === 3);
  });

  it("keeps the core for another run that still uses it", async () => {
    const home = newHome();
    const first = launch(home, ["run", "--", ...nodeScript("process.stdin.resume()")]);
    const firstEnd = once(first, "close");
    await waitFor("a core", async () => findCore(resolvePaths({ SWITCHYARD_HOME: home })), 20_000);
    const second = launch(home, ["run", "--", ...nodeScript("process.stdin.resume(); console.log('up')")]);
    await once(second.stdout ?? second, "data");
    first.stdin?.end();
    await firstEnd;
    const core = await findCore(resolvePaths({ SWITCHYARD_HOME: home }));
    expect(core?.status.running).toBe(true);
    const secondEnd = once(second, "close");
    second.stdin?.end();
    await secondEnd;
    await waitFor("the core's end", async () => (await findCore(resolvePaths({ SWITCHYARD_HOME: home }))) === null);
  });

  it("hands signals on and ends as its child did", async () => {
    const home = newHome();
    const child = launch(home, ["run", "--", ...nodeScript("console.log('up'); setInterval(() => {}, 1000)")]);
    const [end] = await Promise.all([
      ended(child),
      once(child.stdout ?? child, "data").then(() => child.kill("SIGTERM")),
    ]);
    expect(end.code).toBe(143);
  });

  it("fails as a shell does when there is no such command", async () => {
    expect(await switchyard(newHome(), "run", "no-such-command-here")).toMatchObject({
      code: 127,
      out: "",
      err: expect.stringContaining("command not found"),
    });
  });

  it("takes another port for a run when the usual one is taken, and says so for a start", async () => {
    const taken = createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const home = newHome();
    homes.at(-1)?.file("config.yaml", `listen: { port: ${port} }\n`);
    try {
      const started = await switchyard(home, "start", "-d");
      expect(started).toMatchObject({ code: 4, out: "", err: expect.stringContaining(`127.0.0.1:${port}`) });
      const ran = await switchyard(home, "run", "--", ...nodeScript("console.log(process.env.HTTPS_PROXY)"));
      expect(ran.code).toBe(0);
      expect(new URL(ran.out).port).not.toBe(String(port));
    } finally {
      taken.close();
    }
  });

  it("starts in the background once, is found by the other commands, and stops", async () => {
    const home = newHome();
    const started = await switchyard(home, "start", "-d", "--port", "0");
    expect(started.out).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    const [again, status, flows] = await Promise.all([
      switchyard(home, "start", "-d"),
      switchyard(home, "status", "--json"),
      switchyard(home, "flows", "list", "--json"),
    ]);
    expect(again).toMatchObject({ code: 0, out: started.out });
    expect(JSON.parse(status.out)).toMatchObject({ running: true, url: started.out.trim().split(" ").at(-1) });
    expect(JSON.parse(flows.out)).toEqual([]);
    expect(await switchyard(home, "stop")).toMatchObject({ code: 0, out: "" });
    expect((await switchyard(home, "status")).code).toBe(3);
  });

  it("runs without a screen where there is no terminal", async () => {
    const home = newHome();
    const child = launch(home, []);
    const [line] = (await once(child.stdout?.setEncoding("utf8") ?? child, "data")) as [string];
    expect(line).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    child.kill("SIGTERM");
    expect(((await once(child, "close")) as [number | null])[0]).toBe(0);
  });

  it("demonstrates itself without a terminal, a key or a network, and leaves nothing behind", async () => {
    const home = newHome();
    // A folder for temporary files that no other demo uses at the same time.
    const temporary = join(home, "tmp");
    mkdirSync(temporary);
    const { code, out, err } = await ended(launch(home, ["demo"], { TMPDIR: temporary }));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.match(/reroute +claude-haiku-4-5 → loopback-mini/g)).toHaveLength(1);
    expect(out.match(/reroute +claude-sonnet-4-5 → loopback-1/g)).toHaveLength(2);
    expect(out).toContain("200 A switchyard is where trains are sorted");
    expect(readdirSync(temporary).filter((name) => name.startsWith("switchyard"))).toEqual([]);
  });
});
