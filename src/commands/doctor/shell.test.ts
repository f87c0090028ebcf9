import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type CoreProcess, startCoreProcess } from "../../../test/support/core-process.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { launchEnv } from "../../base/launch-env.ts";
import { resolvePaths } from "../../base/paths.ts";
import { findCore } from "../../control/process.ts";
import { doctorHome, look, lookOne, onHomeOf } from "../__fixtures__/doctor-bench.ts";
import { verificationSwitch } from "./shell.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

let core: CoreProcess;
/** What `env` of this core sets. */
let ours: Record<string, string>;
beforeAll(async () => {
  core = await startCoreProcess({ config: { listen: { proxy_auth: "reroute" } } });
  const paths = resolvePaths({ SWITCHYARD_HOME: core.home });
  const found = await findCore(paths);
  if (found === null) throw new Error("the core does not answer");
  const { host, port, proxyToken } = await found.client.secrets();
  ours = launchEnv({ certsDir: paths.certsDir, host, port, proxyToken }, {});
}, 60_000);
afterAll(() => core.close());

describe("the proxy of this shell", () => {
  it("need not be set", async () => {
    expect(await lookOne(doctorHome().context, "shell.proxy")).toMatchObject({ state: "ok" });
  });

  it("is ours, with the token of this core", async () => {
    const found = await lookOne(onHomeOf(core, ours).context, "shell.proxy");
    expect(found).toMatchObject({ state: "ok" });
    expect(found.text).toContain(`127.0.0.1:${core.port}`);
  });

  it("is ours, with a token of an earlier one or with none", async () => {
    const old = `http://switchyard:an-old-canary-0123456789@127.0.0.1:${core.port}`;
    const found = await lookOne(onHomeOf(core, { ...ours, HTTPS_PROXY: old }).context, "shell.proxy");
    expect(found).toMatchObject({ state: "warn", fix: 'eval "$(switchyard env)"' });
    expect(JSON.stringify(found)).not.toContain("canary");
    const bare = await lookOne(onHomeOf(core, { HTTPS_PROXY: core.url }).context, "shell.proxy");
    expect(bare).toMatchObject({ state: "warn" });
    expect(bare.text).toContain("without its token");
  });

  it("was ours, on a port that the core has no more", async () => {
    const old = { ...ours, HTTPS_PROXY: "http://switchyard:an-old-canary-0123456789@127.0.0.1:1" };
    const found = await lookOne(onHomeOf(core, old).context, "shell.proxy");
    expect(found).toMatchObject({ state: "fail", fix: 'eval "$(switchyard env)"' });
    expect(found.why).toContain(`the core is at ${core.url} now`);
    const none = await lookOne(doctorHome(old).context, "shell.proxy");
    expect(none).toMatchObject({ state: "fail" });
    expect(none.fix).toContain("switchyard start -d");
  });

  it("is another program's, there or not", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    opened.later(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const there = { https_proxy: `http://me:a-corporate-canary@127.0.0.1:${port}` };
    const found = await lookOne(doctorHome(there).context, "shell.proxy");
    expect(found).toMatchObject({ state: "ok" });
    expect(found.text).toContain("another proxy");
    expect(JSON.stringify(found)).not.toContain("canary");
    const gone = { HTTPS_PROXY: "http://127.0.0.1:1" };
    expect(await lookOne(doctorHome(gone).context, "shell.proxy")).toMatchObject({ state: "fail" });
  });

  it.each(["ftp://x", "http://%zz@x", "://"])("is no proxy at all: %s", async (text) => {
    const found = await lookOne(doctorHome({ HTTPS_PROXY: text }).context, "shell.proxy");
    expect(found).toMatchObject({ state: "fail" });
    expect(found.fix).toContain("unset HTTPS_PROXY");
  });
});

describe("whom this shell trusts", () => {
  it("is as it was, where nothing is set, and as `env` sets it", async () => {
    expect(await lookOne(doctorHome().context, "shell.trust")).toMatchObject({ state: "ok" });
    expect(await lookOne(onHomeOf(core, ours).context, "shell.trust")).toMatchObject({ state: "ok" });
  });

  it("lacks variables, though it goes through us", async () => {
    const { NODE_EXTRA_CA_CERTS: _, ...rest } = ours;
    const found = await lookOne(
      onHomeOf(core, { ...rest, SSL_CERT_FILE: import.meta.filename }).context,
      "shell.trust",
    );
    expect(found).toMatchObject({ state: "warn" });
    expect(found.text).toContain("NODE_EXTRA_CA_CERTS");
    expect(found.text).toContain("SSL_CERT_FILE");
  });

  it("names files that are not there", async () => {
    const gone = join(core.home, "gone.pem");
    const through = await lookOne(onHomeOf(core, { ...ours, SSL_CERT_FILE: gone }).context, "shell.trust");
    expect(through).toMatchObject({ state: "fail" });
    expect(await lookOne(doctorHome({ SSL_CERT_FILE: gone }).context, "shell.trust")).toMatchObject({ state: "warn" });
  });

  it("still names ours after the proxy was taken away", async () => {
    const { HTTPS_PROXY: _, https_proxy: __, ...rest } = ours;
    const found = await lookOne(onHomeOf(core, rest).context, "shell.trust");
    expect(found).toMatchObject({ state: "warn", fix: 'eval "$(switchyard env --unset)"' });
  });
});

describe("NO_PROXY", () => {
  it.each([undefined, "localhost,127.0.0.1", "intranet.example"])("hides no provider: %s", async (text) => {
    const env = text === undefined ? {} : { NO_PROXY: text };
    expect(await lookOne(doctorHome(env).context, "shell.no-proxy")).toMatchObject({ state: "ok" });
  });

  it.each([
    ["NO_PROXY", "api.anthropic.com", "api.anthropic.com"],
    ["no_proxy", ".openai.com", "api.openai.com"],
    ["NO_PROXY", "githubcopilot.com", "api.githubcopilot.com"],
    ["NO_PROXY", "*", "and"],
  ])("%s=%s hides %s", async (name, text, hidden) => {
    const found = await lookOne(doctorHome({ [name]: text }).context, "shell.no-proxy");
    expect(found).toMatchObject({ state: "warn" });
    expect(found.text).toContain(hidden);
  });
});

describe("ALL_PROXY and the two spellings", () => {
  it.each([
    [{}, "ok"],
    [{ ALL_PROXY: "http://p:1" }, "warn"],
    [{ all_proxy: "socks5://p:1" }, "warn"],
    [{ ALL_PROXY: "http://p:1", HTTPS_PROXY: "http://p:1" }, "ok"],
  ])("%j is %s", async (env, state) => {
    expect(await lookOne(doctorHome(env).context, "shell.all-proxy")).toMatchObject({ state });
  });

  it("says which of the clients follow it alone", async () => {
    const { why } = await lookOne(doctorHome({ ALL_PROXY: "http://p:1" }).context, "shell.all-proxy");
    expect(why).toContain("only Codex follows it wholly");
  });

  it("agree or do not", async () => {
    const same = { HTTPS_PROXY: "http://p:1", https_proxy: "http://p:1", NO_PROXY: "a" };
    expect(await lookOne(doctorHome(same).context, "shell.spelling")).toMatchObject({ state: "ok" });
    const found = await lookOne(doctorHome({ ...same, no_proxy: "b" }).context, "shell.spelling");
    expect(found).toMatchObject({ state: "warn" });
    expect(found.text).toContain("NO_PROXY and no_proxy");
  });
});

describe("base addresses", () => {
  it("are none", async () => {
    expect(await lookOne(doctorHome().context, "shell.base-urls")).toMatchObject({ state: "ok" });
  });

  it.each([
    ["OPENAI_BASE_URL", "http://me:canary-0123456789@127.0.0.1:9/v1", "warn", "past us"],
    ["ANTHROPIC_BASE_URL", "https://llm.example/canary-0123456789", "warn", "https://llm.example"],
    ["OPENAI_BASE_URL", "https://api.openai.com/v1", "ok", "is watched"],
    ["COPILOT_PROVIDER_BASE_URL", "canary-0123456789", "warn", "is no address"],
  ])("%s=%s is %s", async (name, value, state, words) => {
    const found = await lookOne(doctorHome({ [name]: value }).context, "shell.base-urls");
    expect(found).toMatchObject({ id: "shell.base-urls", state });
    expect(found.text).toContain(words);
    expect(JSON.stringify(found)).not.toContain("canary");
  });

  it("may be our own gateway", async () => {
    const { context } = onHomeOf(core, { ANTHROPIC_BASE_URL: core.url, OPENAI_BASE_URL: "http://127.0.0.1:1/v1" });
    const found = await look(context, "shell.base-urls");
    expect(found.map(({ state }) => state)).toEqual(["ok", "warn"]);
  });

  it("may lead to a host that was added", async () => {
    const { context } = doctorHome({ OPENAI_BASE_URL: "https://llm.example/v1" });
    writeFileSync(context.paths.configFile, "intercept: { hosts: [default, llm.example] }\n");
    expect(await lookOne(context, "shell.base-urls")).toMatchObject({ state: "ok" });
  });
});

describe("verification and CI", () => {
  it("is on unless the one switch says otherwise", async () => {
    expect(await lookOne(doctorHome().context, "shell.verification")).toMatchObject({ state: "ok" });
    const on = doctorHome({ [verificationSwitch]: "1" });
    expect(await lookOne(on.context, "shell.verification")).toMatchObject({ state: "ok" });
    const off = doctorHome({ [verificationSwitch]: "0" });
    const found = await lookOne(off.context, "shell.verification");
    expect(found).toMatchObject({ state: "fail", fix: `unset ${verificationSwitch}` });
  });

  it("CI is said, and is no fault", async () => {
    expect((await lookOne(doctorHome({ CI: "true" }).context, "shell.ci")).text).toMatch(/^set:/);
    expect((await lookOne(doctorHome().context, "shell.ci")).text).toBe("not set");
  });
});
