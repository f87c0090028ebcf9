/**
 * Nobody is called but providers: a start, a look at it, the demo, the screen and a stop, with every connection and every
 * question for a name written down by the process that makes it; in a network that has loopback only, where one can be
 * had. (T20 of SECURITY.md.)
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildProgram } from "../support/built.ts";
import { createOpened } from "../support/opened.ts";
import { type Ran, run } from "../support/proxy-clients.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";

const opened = createOpened();
let folder: TempFolder;
let cli: string;

beforeAll(async () => {
  cli = opened.add(await buildProgram()).cli;
  folder = opened.add(tempFolder("egress"));
}, 120_000);

afterAll(() => opened.closeAll());

/** Loaded before anything else in each process of ours: who is called, and which names are asked for, a line each. */
const watch = (log: string): string => `
const { appendFileSync } = require("node:fs");
const net = require("node:net"), dns = require("node:dns"), dgram = require("node:dgram");
const { syncBuiltinESMExports } = require("node:module");
const note = (what) => appendFileSync(${JSON.stringify(log)}, what + "\\n");
const isOurs = (host) => ["127.0.0.1", "::1", "localhost"].includes(host);
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof options === "object" ? options.host ?? "localhost" : typeof args[1] === "string" ? args[1] : "localhost";
  if (!(typeof options === "object" && options.path !== undefined) && typeof options !== "string")
    note((isOurs(host) ? "loopback " : "away ") + host);
  return connect.apply(this, args);
};
for (const asks of [dns, dns.promises])
  for (const name of Object.keys(asks).filter((one) => /^(lookup|resolve)/.test(one) && typeof asks[one] === "function")) {
    const before = asks[name];
    asks[name] = function (host, ...more) { if (!isOurs(host) && !net.isIP(host)) note("name " + host); return before.call(this, host, ...more); };
  }
const { send } = dgram.Socket.prototype;
dgram.Socket.prototype.send = function (...args) { note("datagram"); return send.apply(this, args); };
syncBuiltinESMExports();
`;

/** `unshare` and a loopback that is up; null, said aloud, where one of them is not to be had. */
function loopbackOnly(): readonly string[] | null {
  const enter = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
  const can = process.platform === "linux" && spawnSync(enter[0] ?? "", [...enter.slice(1), "true"]).status === 0;
  if (!can)
    process.stderr.write("not tested in a network of its own, which cannot be had here: who calls is watched only\n");
  return can ? enter : null;
}

it("T20: start, status, demo, screen and stop call nobody outside this machine", async () => {
  const log = join(folder.path, "calls.txt");
  const watcher = folder.file("watch.cjs", watch(log));
  const home = join(folder.path, "home");
  // `script` gives the screen a terminal; without it the screen is left out.
  const steps = `
    set -e
    "$@" start -d --port 0
    "$@" status --json
    "$@" demo
    if command -v script >/dev/null; then
      (sleep 2; printf q) | timeout 20 script -qec "$* tui" /dev/null || true
    fi
    "$@" stop`;
  const command = [...(loopbackOnly() ?? []), "sh", "-c", steps, "sh", process.execPath, cli];
  const env = { HOME: home, SWITCHYARD_HOME: home, TERM: "xterm-256color", NODE_OPTIONS: `--require ${watcher}` };
  const ran: Ran = await run(command[0] ?? "sh", command.slice(1), { cwd: folder.path, env, timeoutMs: 90_000 });
  expect(ran.code, `it said: ${ran.stderr}`).toBe(0);
  expect(ran.stdout).toContain("What the client read:");
  expect(existsSync(log)).toBe(true);
  const calls = readFileSync(log, "utf8").trim().split("\n");
  // The core asks the demo's provider: the watcher sees what there is to see.
  expect(calls).toContain("loopback 127.0.0.1");
  expect(calls.filter((call) => !call.startsWith("loopback"))).toEqual([]);
}, 120_000);

it("would hear of a call that goes elsewhere", async () => {
  const log = join(folder.path, "elsewhere.txt");
  const watcher = folder.file("elsewhere.cjs", watch(log));
  const caller = folder.file(
    "caller.mjs",
    `import { connect } from "node:net"; import { lookup } from "node:dns/promises"; import { request } from "node:https";
    connect(9, "192.0.2.1").on("error", () => {}).destroy();
    request("https://elsewhere.invalid/").on("error", () => {}).destroy();
    await lookup("name.invalid").catch(() => {});`,
  );
  await run(process.execPath, ["--require", watcher, caller], { timeoutMs: 30_000 });
  const calls = readFileSync(log, "utf8").trim().split("\n");
  expect(calls).toEqual(expect.arrayContaining(["away 192.0.2.1", "name elsewhere.invalid", "name name.invalid"]));
}, 60_000);
