import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startCoreProcess } from "../../../test/support/core-process.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { resolvePaths } from "../../base/paths.ts";
import { systemRandom } from "../../base/random.ts";
import { acquireInstance } from "../../control/instance.ts";
import { doctorHome, look, lookOne, onHomeOf, withAuthority } from "../__fixtures__/doctor-bench.ts";
import { spaceFinding } from "./home.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("folders", () => {
  it("may be missing: the first start makes them", async () => {
    const { context, home } = doctorHome();
    const paths = resolvePaths({ SWITCHYARD_HOME: join(home, "not", "yet") });
    expect(await lookOne({ ...context, paths }, "home.folders")).toMatchObject({ state: "skip" });
  });

  it("are fine when they are there", async () => {
    const { context, home } = doctorHome();
    expect(await lookOne(context, "home.folders")).toMatchObject({ state: "ok", text: home });
  });

  it("cannot be made where a file stands in the way", async () => {
    const { context, home } = doctorHome();
    writeFileSync(join(home, "file"), "");
    const paths = resolvePaths({ SWITCHYARD_HOME: join(home, "file", "inside") });
    const [found] = await look({ ...context, paths }, "home.folders");
    expect(found).toMatchObject({ state: "fail" });
    expect(found?.text).toContain("cannot be made in");
    expect(found?.why).toContain("ENOTDIR");
  });
});

describe("privacy", () => {
  it("is fine after a start", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    expect(await lookOne(context, "home.modes")).toMatchObject({ state: "ok" });
  });

  it("is a failure where a core would refuse to start, and --fix closes the file", async () => {
    const { context } = doctorHome();
    await withAuthority(context);
    const key = join(context.paths.certsDir, "authority.pem");
    chmodSync(key, 0o644);
    const found = await lookOne(context, "home.modes");
    expect(found).toMatchObject({ state: "fail", fix: `chmod 600 ${key}` });
    expect(found.text).toContain("mode 0644");
    await found.repair?.run();
    expect(modeOf(key)).toBe("600");
    expect(await lookOne(context, "home.modes")).toMatchObject({ state: "ok" });
  });

  it("is a warning elsewhere: folders get 0700, files 0600", async () => {
    const { context, home } = doctorHome();
    const accounts = join(home, "accounts");
    mkdirSync(accounts, { mode: 0o755 });
    writeFileSync(join(accounts, "openrouter@main.json"), "{}", { mode: 0o640 });
    writeFileSync(context.paths.stateFile, "{}", { mode: 0o666 });
    const found = await look(context, "home.modes");
    expect(found.map(({ state }) => state)).toEqual(["warn", "warn", "warn"]);
    for (const { repair } of found) await repair?.run();
    expect([accounts, join(accounts, "openrouter@main.json"), context.paths.stateFile].map(modeOf)).toEqual([
      "700",
      "600",
      "600",
    ]);
  });

  it("sees the modes as they were, though reading the accounts closes their files", async () => {
    const { context, home } = doctorHome();
    mkdirSync(join(home, "accounts"), { mode: 0o700 });
    const file = join(home, "accounts", "openrouter@main.json");
    writeFileSync(file, "{}", { mode: 0o644 });
    const found = await look(context, "accounts.account");
    expect(found.length).toBeGreaterThan(0);
    writeFileSync(file, "{}");
    chmodSync(file, 0o644);
    expect(await look(context, "home.modes")).toMatchObject([{ state: "warn" }]);
  });

  it("does not follow a link that stands in a file's place, and does not touch what it leads to", async () => {
    const { context, home } = doctorHome();
    const elsewhere = join(home, "elsewhere.json");
    writeFileSync(elsewhere, "{}", { mode: 0o644 });
    symlinkSync(elsewhere, context.paths.stateFile);
    const found = await lookOne(context, "home.modes");
    expect(found).toMatchObject({ state: "fail", repair: null });
    expect(modeOf(elsewhere)).toBe("644");
  });

  it("closes nothing that was swapped for a link after the question", async () => {
    const { context, home } = doctorHome();
    writeFileSync(context.paths.stateFile, "{}", { mode: 0o644 });
    const { repair } = await lookOne(context, "home.modes");
    const elsewhere = join(home, "elsewhere.json");
    writeFileSync(elsewhere, "{}", { mode: 0o644 });
    unlinkSync(context.paths.stateFile);
    symlinkSync(elsewhere, context.paths.stateFile);
    await expect(repair?.run()).rejects.toThrow("ELOOP");
    expect(modeOf(elsewhere)).toBe("644");
  });

  it("never closes a folder that is everybody's, such as the user's own home", async () => {
    const { context, home } = doctorHome();
    chmodSync(home, 0o755);
    const found = await lookOne({ ...context, env: { ...context.env, HOME: home } }, "home.modes");
    expect(found).toMatchObject({ state: "warn", repair: null });
    const own = await lookOne({ ...context, env: { ...context.env, HOME: "/somewhere" } }, "home.modes");
    expect(own.repair?.what).toBe(`chmod 700 ${home}`);
  });

  it("minds a configuration that others can read only where keys are written out in it", async () => {
    const { context, home } = doctorHome();
    const file = join(home, "config.yaml");
    writeFileSync(file, "listen: { port: 0 }\n", { mode: 0o644 });
    expect(await lookOne(context, "home.modes")).toMatchObject({ state: "ok" });
    writeFileSync(file, "accounts: [{ provider: openrouter, name: main, api_key: sk-or-canary-0123456789 }]\n");
    const found = await lookOne(context, "home.modes");
    expect(found).toMatchObject({ state: "warn", fix: `chmod 600 ${file}` });
    expect(JSON.stringify(found)).not.toContain("canary");
  });

  it.skipIf(process.getuid?.() !== 0)("names another owner, and leaves what is not ours alone", async () => {
    const { context } = doctorHome();
    writeFileSync(context.paths.stateFile, "{}", { mode: 0o644 });
    chownSync(context.paths.stateFile, 65_534, 65_534);
    const found = await lookOne(context, "home.modes");
    expect(found).toMatchObject({ state: "fail", repair: null });
    expect(found.text).toContain("uid 65534");
  });
});

describe("free space", () => {
  it("is measured where the files are", async () => {
    expect((await lookOne(doctorHome().context, "home.space")).text).toMatch(/\d/);
  });

  it.each([
    [5_000, "fail"],
    [100 * 1024 ** 2, "warn"],
    [50 * 1024 ** 3, "ok"],
  ])("%i bytes are %s", (bytes, state) => {
    expect(spaceFinding(bytes, "/h")).toMatchObject({ state });
  });
});

describe("what a killed core leaves", () => {
  it("is recognised, does no harm, and --fix removes it", async () => {
    const core = opened.add(await startCoreProcess());
    const { context } = onHomeOf(core);
    expect(await lookOne(context, "home.socket")).toMatchObject({ state: "ok" });
    expect(await lookOne(context, "home.lock")).toMatchObject({ state: "ok", text: `held by process ${core.pid}` });
    core.signal("SIGKILL");
    await core.exited;
    const socket = await lookOne(context, "home.socket");
    const lock = await lookOne(context, "home.lock");
    expect([socket.state, lock.state]).toEqual(["warn", "warn"]);
    expect(socket.repair?.what).toBe(lock.repair?.what);
    await lock.repair?.run();
    expect([context.paths.controlSocket, context.paths.pidFile].filter((path) => existsSync(path))).toEqual([]);
    expect(await lookOne(context, "home.lock")).toMatchObject({ state: "ok", text: "free, as no core runs" });
  }, 90_000);

  it("is not taken from a core that has come meanwhile", async () => {
    const { context } = doctorHome();
    writeFileSync(context.paths.pidFile, "{}", { mode: 0o600 });
    const { repair } = await lookOne(context, "home.lock");
    const acquired = await acquireInstance(context.paths, systemRandom);
    await expect(repair?.run()).rejects.toThrow("meanwhile");
    expect(existsSync(context.paths.pidFile)).toBe(true);
    if (acquired.ok) await acquired.instance.release();
  });

  it("is told from a process that holds the home and does not answer: it may be starting, or it is stuck", async () => {
    const { context } = doctorHome();
    const acquired = await acquireInstance(context.paths, systemRandom);
    expect(await lookOne(context, "home.lock")).toMatchObject({ state: "warn", why: "it may be starting" });
    if (acquired.ok) await acquired.instance.publish("http://127.0.0.1:8317");
    const stuck = await lookOne(context, "home.lock");
    expect(stuck).toMatchObject({ state: "fail", fix: `wait a moment, or end it: kill ${process.pid}` });
  });

  it("is no socket of another program: that one stays where it is", async () => {
    const { context } = doctorHome();
    const server = createServer((connection) => connection.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
    await new Promise<void>((resolve) => server.listen(context.paths.controlSocket, resolve));
    opened.later(() => void server.close());
    const found = await lookOne(context, "home.socket");
    expect(found).toMatchObject({ state: "fail", repair: null });
    expect(found.text).toContain("does not answer as a core");
  });
});
