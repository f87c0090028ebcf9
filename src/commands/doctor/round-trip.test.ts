import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type CoreProcess, startCoreProcess } from "../../../test/support/core-process.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { tempFolder } from "../../../test/support/temp.ts";
import { type RawOrigin, startRawOrigin } from "../../../test/support/raw-origin.ts";
import { clockAt, doctorHome, lookOne, onHomeOf, withAuthority } from "../__fixtures__/doctor-bench.ts";
import { findCore } from "../../control/process.ts";
import { resolvePaths } from "../../base/paths.ts";

const opened = createOpened();
afterEach(async () => {
  vi.unstubAllEnvs();
  await opened.closeAll();
});

describe("without a core", () => {
  it("a temporary proxy of this program relays and tunnels, with this home's authority, and leaves nothing behind", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    const temporary = tempFolder("left");
    opened.add(temporary);
    vi.stubEnv("TMPDIR", temporary.path);
    const files = readdirSync(context.paths.certsDir);
    expect(await lookOne(context, "round-trip.handshake")).toMatchObject({ state: "skip" });
    const relay = await lookOne(context, "round-trip.relay");
    expect(relay).toMatchObject({ state: "ok" });
    expect(relay.text).toMatch(/api\.anthropic\.com: 256 KiB there and back unchanged, in \d+ ms/);
    const tunnel = await lookOne(context, "round-trip.tunnel");
    expect(tunnel).toMatchObject({ state: "ok" });
    expect(tunnel.text).toContain("a temporary proxy leaves a host it does not watch alone");
    expect(readdirSync(temporary.path)).toEqual([]);
    expect(readdirSync(context.paths.certsDir)).toEqual(files);
  });

  it("a client that is pointed at another root is refused, and that is said", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    const other = doctorHome();
    const { rootPem } = await withAuthority(other.context);
    writeFileSync(join(context.paths.certsDir, "extra.pem"), rootPem);
    const found = await lookOne(context, "round-trip.relay");
    expect(found).toMatchObject({ state: "fail" });
    expect(found.text).toContain("a relayed call to a stand-in of api.anthropic.com failed");
    expect(found.text).toMatch(/certificate/);
  });

  it.each([
    ["there is no authority", async () => undefined],
    [
      "not valid now",
      async (context: Parameters<typeof withAuthority>[0]) => void (await withAuthority(context, clockAt(-400))),
    ],
    [
      "no host is both watched and covered",
      async (context: Parameters<typeof withAuthority>[0]) => {
        await withAuthority(context);
        writeFileSync(context.paths.configFile, "intercept: { hosts: [elsewhere.example] }\n");
      },
    ],
  ])("nothing is tried where %s", async (words, prepare) => {
    const { context } = doctorHome();
    await prepare(context);
    const found = await lookOne(context, "round-trip.relay");
    expect(found).toMatchObject({ state: "skip" });
    expect(found.text).toContain(words);
  });
});

describe("with a core", () => {
  let core: CoreProcess;
  let origin: RawOrigin;
  beforeAll(async () => {
    origin = await startRawOrigin();
    // Every call needs the token, and the provider's host leads to a server that counts who comes.
    core = await startCoreProcess({
      config: { listen: { proxy_auth: "always" } },
      dial: { "api.anthropic.com": origin.port },
    });
  }, 60_000);
  afterAll(async () => {
    await core.close();
    await origin.close();
  });

  it("the core itself shows our certificate, reads what is sent in it, and asks no provider", async () => {
    const { context } = onHomeOf(core);
    const found = await lookOne(context, "round-trip.handshake");
    expect(found).toMatchObject({ state: "ok" });
    expect(found.text).toContain("the core speaks for api.anthropic.com");
    expect(origin.connections).toHaveLength(0);
    // Nor does it look to the core like a client that refuses its certificate.
    expect(core.stderr()).toBe("");
    const paths = resolvePaths({ SWITCHYARD_HOME: core.home });
    const running = await findCore(paths);
    expect(running?.status.notices).toEqual([]);
    expect(running?.status.counts.flows).toBe(0);
  });

  it("the core itself tunnels what it does not watch, as bytes it cannot read", async () => {
    const { context } = onHomeOf(core);
    const found = await lookOne(context, "round-trip.tunnel");
    expect(found).toMatchObject({ state: "ok" });
    expect(found.text).toContain("the core leaves a host it does not watch alone");
    const flow = await core.flow("the tunnel", ({ action }) => action === "tunnel");
    expect(flow.host).toBe("127.0.0.1");
  });

  it("a core whose certificate clients would refuse is found out", async () => {
    const { context } = onHomeOf(core);
    const extra = join(context.paths.certsDir, "extra.pem");
    const right = readFileSync(extra, "utf8");
    const other = doctorHome();
    writeFileSync(extra, (await withAuthority(other.context)).rootPem);
    opened.later(() => writeFileSync(extra, right));
    const found = await lookOne(context, "round-trip.handshake");
    expect(found).toMatchObject({ state: "fail" });
    expect(origin.connections).toHaveLength(0);
  });

  it("the token never shows", async () => {
    const { context } = onHomeOf(core);
    const running = await findCore(context.paths);
    const { proxyToken } = (await running?.client.secrets()) ?? { proxyToken: "" };
    const results = [await lookOne(context, "round-trip.handshake"), await lookOne(context, "round-trip.tunnel")];
    expect(proxyToken.length).toBeGreaterThan(16);
    expect(JSON.stringify(results)).not.toContain(proxyToken);
  });
});

describe("a core that refuses destinations on this machine", () => {
  it("cannot be asked for a tunnel, and that is no fault", async () => {
    const core = opened.add(await startCoreProcess({ config: { upstream: { private_destinations: "refuse" } } }));
    const { context } = onHomeOf(core);
    const found = await lookOne(context, "round-trip.tunnel");
    expect(found).toMatchObject({ state: "skip" });
    expect(found.text).toContain("upstream.private_destinations");
  }, 90_000);
});
