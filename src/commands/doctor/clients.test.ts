import { chmodSync } from "node:fs";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CoreProcess, startCoreProcess } from "../../../test/support/core-process.ts";
import { createFakeCa } from "../../../test/support/fake-ca.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { undiciThrough } from "../../../test/support/proxy-clients.ts";
import { startRawOrigin } from "../../../test/support/raw-origin.ts";
import { tempFolder } from "../../../test/support/temp.ts";
import { clientHints } from "../../base/client-hints.ts";
import { doctorHome, look, onHomeOf } from "../__fixtures__/doctor-bench.ts";
import type { Result } from "./run-checks.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

/** A folder of programs, by name and what `sh` makes of them. */
function programs(all: Readonly<Record<string, string>>): string {
  const folder = opened.add(tempFolder("path"));
  for (const [name, script] of Object.entries(all)) chmodSync(folder.file(name, `#!/bin/sh\n${script}\n`), 0o755);
  return folder.path;
}

const named = (results: readonly Result[], part: string): Result | undefined =>
  results.find(({ id }) => id.endsWith(`.${part}`));

describe("without a name", () => {
  it("only what is on PATH is looked at, in one line each, and nothing is run", async () => {
    const path = programs({ claude: "touch ran", codex: "touch ran", node: "touch ran" });
    const { context } = doctorHome({ PATH: path });
    const found = await look(context, "clients.client");
    expect(found.map(({ id, state }) => [id, state])).toEqual([
      ["clients.client.claude-code", "ok"],
      ["clients.client.codex", "ok"],
      ["clients.client", "ok"],
    ]);
    expect(found[0]?.text).toContain(`${path}/claude; Bun; reads NODE_EXTRA_CA_CERTS`);
    expect(found[1]?.text).toContain("CODEX_CA_CERTIFICATE");
    expect(found[2]?.text).toContain("switchyard doctor node");
  });

  it("a PATH without clients is no fault", async () => {
    const { context } = doctorHome({ PATH: programs({}) });
    expect(await look(context, "clients.client")).toMatchObject([{ state: "skip" }]);
  });
});

describe("a client that is named", () => {
  it("is asked for its version, within a bound", async () => {
    const path = programs({ codex: 'echo "codex-cli 0.169.0"', claude: "exec sleep 60", gemini: "exit 3" });
    const { context } = doctorHome({ PATH: `${path}:${process.env["PATH"]}` });
    const codex = await look(context, "clients.client", { client: "codex" });
    expect(named(codex, "program")).toMatchObject({ state: "ok", title: "Codex" });
    expect(named(codex, "program")?.text).toContain("codex-cli 0.169.0; tried: 0.169.0");
    const gemini = await look(context, "clients.client", { client: "gemini" });
    expect(named(gemini, "program")?.text).toContain("its version is not told");
    const stuck = await look(context, "clients.client", { client: "claude" });
    expect(named(stuck, "program")?.text).toContain("its version is not told");
  });

  it("may be missing, which is said with the next step", async () => {
    const { context } = doctorHome({ PATH: programs({}) });
    const found = await look(context, "clients.client", { client: "copilot" });
    expect(named(found, "program")).toMatchObject({ state: "warn", text: "not on PATH (copilot)" });
    expect(named(found, "program")?.fix).toContain("switchyard run --");
  });

  it.each(clientHints.map(({ id, traps }) => [id, traps] as const))(
    "%s: every known trap is told",
    async (id, traps) => {
      const { context } = doctorHome({ PATH: programs({}) });
      const found = await look(context, "clients.client", { client: id });
      for (const trap of traps) {
        const told = named(found, trap.id);
        expect(told?.text.startsWith(trap.text)).toBe(true);
        expect(told?.state).toBe(trap.handled === "you" ? "warn" : "ok");
      }
      expect(named(found, "traffic")).toMatchObject({ state: "skip" });
    },
  );

  it.each([
    ["v20.20.2", true],
    ["v22.21.0", false],
  ])("Node %s: knows no proxy for fetch: %s", async (version, warns) => {
    const { context } = doctorHome({ PATH: programs({ node: `echo ${version}` }) });
    const found = await look(context, "clients.client", { client: "node" });
    expect(named(found, "fetch")?.state).toBe(warns ? "warn" : undefined);
  });
});

describe("its traffic", () => {
  let core: CoreProcess;
  const stage = createOpened();
  beforeAll(async () => {
    const ca = stage.add(createFakeCa());
    const origin = stage.add(await startRawOrigin({ tls: ca.issue(["api.anthropic.com"]) }));
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    });
    core = stage.add(await startCoreProcess({ trust: ca.file, dial: { "api.anthropic.com": origin.port } }));
    const dispatcher = undiciThrough(core);
    stage.later(() => dispatcher.close());
    const headers = { "user-agent": "claude-cli/2.1.329 (external, cli)" };
    const reply = await request("https://api.anthropic.com/v1/messages", { dispatcher, headers });
    await reply.body.dump();
  }, 60_000);
  afterAll(() => stage.closeAll());

  it("shows what the running core saw last, and that the traps are not in the way", async () => {
    const { context } = onHomeOf(core, { PATH: programs({ claude: "echo 2.1.329" }) });
    const found = await look(context, "clients.client", { client: "claude-code" });
    expect(named(found, "traffic")?.text).toMatch(/^last call \d+ s ago: GET api\.anthropic\.com passthrough 404$/);
    expect(named(found, "settings-env")).toMatchObject({ state: "ok" });
    const [line] = await look(context, "clients.client");
    expect(line?.text).toContain("last call");
  });

  it("says so when none was seen", async () => {
    const { context } = onHomeOf(core, { PATH: programs({}) });
    const found = await look(context, "clients.client", { client: "codex" });
    expect(named(found, "traffic")).toMatchObject({ state: "skip", fix: "switchyard run -- codex" });
  });
});
