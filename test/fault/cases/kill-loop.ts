/** A core that is killed with -9 under load, again and again: the next one serves, and knows everything it was told. */
import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { resolvePaths } from "../../../src/base/paths.ts";
import { type ControlClient, connectControl } from "../../../src/control/client.ts";
import { createStage, host } from "../../support/fixture.ts";
import { readUntil, tlsThrough } from "../../support/proxy-clients.ts";
import { startRawOrigin } from "../../support/raw-origin.ts";
import { waitFor, within } from "../../support/wait.ts";
import type { BoardCase } from "../board/case.ts";
import type { Random } from "../board/random.ts";
import { type CoreHome, createHome, type LiveCore } from "../process/core-home.ts";
import { processesOf, strays } from "../process/traces.ts";

/** Streams, clients that come and go, and people who change things, all at once. */
const clientCount = 6;
const maxLoadMs = 600;
const endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

export const killLoopCase: BoardCase = {
  id: "kill-loop",
  title: "what is broken after kill -9 of a core under load: the next start, the settings, accounts, files, processes",
  aim: "0",
  peers: [],
  remark: "the peers remember nothing and have no command to start them again.",
  async run(context) {
    const { random, say } = context;
    const kills = context.of({ short: 2, usual: 25, full: 100 });
    const stage = createStage();
    const origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(endless);
      for (let count = 0; count < 100; count += 1) {
        await connection.write("5\r\ndata\n\r\n");
        await delay(10);
      }
    });
    const rules = [{ match: { host, model: "nobody-asks-*" }, to: "openai/gpt-4.1" }];
    const home = await createHome({ trust: stage.ca.file, dial: { [host]: origin.port }, config: { routes: rules } });
    const told: Told = { accounts: [], prompts: 0, asked: 0 };
    const details: string[] = [];
    try {
      for (let round = 0; round < kills; round += 1) {
        const core = await home.start();
        details.push(...(await faultsOf(home, core, told)).map((fault) => `after ${round} kills: ${fault}`));
        await loadAndKill(home, core, told, random);
        if (round % 10 === 9) say(`${round + 1} of ${kills} kills, ${told.accounts.length} accounts kept`);
      }
      const last = await home.start();
      details.push(...(await faultsOf(home, last, told)).map((fault) => `at the end: ${fault}`));
      last.signal("SIGTERM");
      const { code } = await within("the last core to end", last.exited, 40_000);
      if (code !== 0) details.push(`the last core ended with ${code}: ${last.stderr()}`);
    } finally {
      await home.close();
      await stage.close();
    }
    const changes = told.accounts.length + told.prompts;
    return {
      figure: `${details.length} in ${kills} kills, ${changes} changes acknowledged`,
      kept: details.length === 0,
      details,
    };
  },
};

/** What was acknowledged. */
interface Told {
  readonly accounts: string[];
  prompts: number;
  asked: number;
}

async function loadAndKill(home: CoreHome, core: LiveCore, told: Told, random: Random): Promise<void> {
  const control = controlOf(home);
  let isOver = false;
  const clients = Array.from({ length: clientCount }, async () => {
    while (!isOver) {
      const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
      socket.write(`GET /stream HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await readUntil(socket, "data");
      socket.destroy();
    }
  });
  const people = [
    async () => {
      while (!isOver) {
        const name = `n${told.accounts.length}-${random.below(1_000_000)}`;
        await control.addAccount({ provider: "openai", name, apiKey: `sk-canary-${name}` });
        told.accounts.push(name);
      }
    },
    async () => {
      while (!isOver) {
        told.asked += 1;
        const wanted = told.asked;
        await control.put("/api/settings/system-prompt", { mode: "append", text: `prompt ${wanted}` });
        told.prompts = wanted;
      }
    },
  ].map((person) => person());
  const all = [...clients, ...people].map((work) => work.catch(() => {})); // ends with the core
  // Somebody has been told something before it comes.
  const before = told.accounts.length + told.prompts;
  await waitFor("a change to be acknowledged", () => told.accounts.length + told.prompts > before, 30_000);
  await delay(random.next() * maxLoadMs);
  core.signal("SIGKILL");
  isOver = true;
  await core.exited;
  await within("the clients to notice", Promise.all(all), 30_000);
  // Small files of writers that were killed may stay for an hour: it is over now.
  for (const name of readdirSync(home.path, { recursive: true }).map(String)) {
    if (name.endsWith(".tmp")) utimesSync(join(home.path, name), 1, 1);
  }
}

async function faultsOf(home: CoreHome, core: LiveCore, told: Told): Promise<readonly string[]> {
  const faults: string[] = [];
  const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
  socket.write(`GET /stream HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  if (!(await readUntil(socket, "data")).startsWith("HTTP/1.1 200")) faults.push("a call is not answered");
  socket.destroy();
  const control = controlOf(home);
  const names = new Set((await control.accounts()).map(({ name }) => name));
  const lost = told.accounts.filter((name) => !names.has(name));
  if (lost.length > 0) faults.push(`accounts lost: ${lost.join(", ")}`);
  const routes = await control.routes();
  if (routes.length !== 1) faults.push(`${routes.length} rules are in force, not 1`);
  const text: unknown = parse(readFileSync(join(home.path, "config.yaml"), "utf8"));
  const prompt = Number(/prompt (\d+)/.exec(JSON.stringify(text))?.[1] ?? 0);
  if (prompt < told.prompts || prompt > told.asked) faults.push(`the setting is ${prompt}, ${told.prompts} was kept`);
  if (core.stderr() !== "") faults.push(`it warns: ${core.stderr()}`);
  const left = strays(home.path).filter((name) => !isLockToTakeOver(name));
  if (left.length > 0) faults.push(`files of nobody: ${left.join(", ")}`);
  const running = processesOf(home.path);
  if (running !== null && running.length !== 1) faults.push(`${running.length} processes of this home run`);
  return faults;
}

/** Of a writer that is gone: whoever wants it next takes it over. */
function isLockToTakeOver(name: string): boolean {
  return /^(?:accounts\/[^/]+|config\.yaml|core\.json)\.lock$/.test(name);
}

function controlOf(home: CoreHome): ControlClient {
  return connectControl(resolvePaths({ ...home.env }));
}
