import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CoreProcess, startCoreProcess } from "../../../test/support/core-process.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { tempFolder } from "../../../test/support/temp.ts";
import { systemRandom } from "../../base/random.ts";
import { defaultHosts } from "../../engine/providers/hosts.ts";
import { rotateAuthority } from "../../intercept/ca/authority.ts";
import { benchDeps } from "../../control/__fixtures__/control-bench.ts";
import { createControlServer } from "../../control/server.ts";
import { serveCore } from "../__fixtures__/command-bench.ts";
import { doctorHome, look, lookOne, onHomeOf, withAuthority } from "../__fixtures__/doctor-bench.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

let core: CoreProcess;
beforeAll(async () => {
  core = await startCoreProcess();
}, 60_000);
afterAll(() => core.close());

describe("a core that runs", () => {
  it("is there, answers on its port, and has the certificate of the disk", async () => {
    const { context } = onHomeOf(core);
    const found = await Promise.all(
      ["core.running", "core.port", "core.certificate", "core.notices"].map((id) => lookOne(context, id)),
    );
    expect(found.map(({ state }) => state)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(found[0]?.text).toContain(`${core.url}, pid ${core.pid}`);
    expect(found[1]?.text).toContain("is ours and answers");
  });

  it("is of an older version than this program, and says how to change that", async () => {
    const { context } = onHomeOf(core);
    const found = await lookOne(context, "core.version");
    expect(found).toMatchObject({ state: "warn", fix: "switchyard stop && switchyard start -d" });
    const { version } = JSON.parse((await core.cli("status", "--json")).stdout) as { version: string };
    expect(await lookOne({ ...context, version }, "core.version")).toMatchObject({ state: "ok" });
  });

  it("uses another certificate than the one on the disk", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    opened.add((await serveCore(context)).server);
    const found = await lookOne(context, "core.certificate");
    expect(found).toMatchObject({ state: "fail" });
    expect(found.why).toContain("trust the one on the disk");
  });

  it("has things to say, which are shown without what the configuration says anyway", async () => {
    const { context } = doctorHome();
    opened.add((await serveCore(context)).server);
    const found = await look(context, "core.notices");
    expect(found.map(({ state }) => state)).toEqual(Array(6).fill("warn"));
    expect(found[0]).toMatchObject({ text: "1 older notice", fix: "switchyard status --json" });
    expect(found.at(-1)?.text).toBe("state: notice six");
  });

  it("lost its port to nobody knows whom", async () => {
    const { context } = doctorHome();
    const deps = benchDeps(context.paths.controlSocket);
    const status = { ...deps.controls.status(), port: await freePort() };
    opened.add(await createControlServer({ ...deps, controls: { ...deps.controls, status: () => status } }));
    const found = await lookOne(context, "core.port");
    expect(found).toMatchObject({ state: "fail", text: `127.0.0.1:${status.port} does not answer as ours` });
  });
});

describe("without a core", () => {
  it("that is a warning, and the other questions wait", async () => {
    const { context } = doctorHome();
    expect(await lookOne(context, "core.running")).toMatchObject({ state: "warn", fix: "switchyard start -d" });
    for (const id of ["core.version", "core.certificate", "core.notices"]) {
      expect(await lookOne(context, id)).toMatchObject({ state: "skip" });
    }
  });

  it("the port is free, or nobody minds which it is", async () => {
    const { context } = doctorHome();
    const port = await freePort();
    writeFileSync(context.paths.configFile, `listen: { port: ${port} }\n`);
    expect(await lookOne(context, "core.port")).toMatchObject({ state: "ok", text: `127.0.0.1:${port} is free` });
    writeFileSync(context.paths.configFile, "listen: { port: 0 }\n");
    expect(await lookOne(context, "core.port")).toMatchObject({ state: "ok", text: "any free one" });
  });

  it("the port is taken by another process, which is named", async () => {
    const { context } = doctorHome();
    const holder = await startHolder();
    writeFileSync(context.paths.configFile, `listen: { port: ${holder.port} }\n`);
    const found = await lookOne(context, "core.port");
    expect(found).toMatchObject({ state: "fail" });
    expect(found.text).toBe(`127.0.0.1:${holder.port} is in use by node (pid ${holder.pid})`);
    expect(found.fix).toContain("switchyard start --port 0");
  });

  it("the port is one that cannot be had at all", async () => {
    const { context } = doctorHome();
    const config = "listen: { host: 203.0.113.1, port: 8317, proxy_auth: always }\n";
    writeFileSync(context.paths.configFile, config);
    const found = await lookOne(context, "core.port");
    expect(found).toMatchObject({ state: "fail" });
    expect(found.text).toContain("cannot be listened on");
  });
});

describe("a rotation on the disk alone", () => {
  it("is seen while the core goes on with the old one", async () => {
    const { context } = onHomeOf(core);
    const options = { dir: context.paths.certsDir, scope: defaultHosts, clock: context.clock, random: systemRandom };
    expect(existsSync(join(options.dir, "authority.pem"))).toBe(true);
    await rotateAuthority(options);
    expect(await lookOne(context, "core.certificate")).toMatchObject({ state: "fail" });
    // The handshake would be a core's with a scope that the disk does not tell: it is not tried.
    expect(await lookOne(context, "round-trip.handshake")).toMatchObject({ state: "skip" });
    expect((await core.cli("ca", "rotate")).code).toBe(0);
    expect(await lookOne(context, "core.certificate")).toMatchObject({ state: "ok" });
  });
});

async function freePort(): Promise<number> {
  const holder = await startHolder();
  holder.close();
  await holder.ended;
  return holder.port;
}

/** Another program that listens. */
async function startHolder() {
  const folder = tempFolder("holder");
  const text = `const server = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));`;
  const child = spawn(process.execPath, [folder.file("holder.cjs", text)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line]: unknown[] = await once(child.stdout, "data");
  const holder = {
    port: Number(String(line)),
    pid: child.pid ?? 0,
    ended,
    close() {
      child.kill("SIGKILL");
      folder.close();
    },
  };
  return opened.add(holder);
}
