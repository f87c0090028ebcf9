import { writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { createOpened } from "../../../test/support/opened.ts";
import { serveCore } from "../__fixtures__/command-bench.ts";
import { doctorHome, look, lookOne } from "../__fixtures__/doctor-bench.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

function homeWith(text: string, env: NodeJS.ProcessEnv = {}) {
  const bench = doctorHome(env);
  writeFileSync(bench.context.paths.configFile, text, { mode: 0o600 });
  return bench.context;
}

const local =
  "providers: { local: { type: openai-compatible, endpoint: http://127.0.0.1:8000/v1, auth_type: none } }\n";

describe("the file", () => {
  it("may be missing: the defaults hold", async () => {
    expect((await lookOne(doctorHome().context, "config.file")).text).toContain("the defaults hold");
  });

  it("is fine when a core would take it", async () => {
    const context = homeWith(`${local}routes: [{ match: { client: codex }, to: local/x }]\n`);
    expect(await lookOne(context, "config.file")).toMatchObject({ state: "ok" });
  });

  it("is a failure for each mistake, with its line and what was meant", async () => {
    const context = homeWith("listen: { prt: 1 }\nsettings: { usage_bufer: 1 }\n");
    const found = await look(context, "config.file");
    expect(found.map(({ state }) => state)).toEqual(["fail", "fail"]);
    expect(found[0]?.text).toContain("config.yaml:1:");
    expect(found[1]?.text).toContain('did you mean "usage_buffer"');
  });

  it("is cut short where nearly everything is wrong", async () => {
    const context = homeWith(Array.from({ length: 12 }, (_, index) => `wrong${index}: 1`).join("\n"));
    const found = await look(context, "config.file");
    expect(found).toHaveLength(9);
    expect(found.at(-1)?.text).toBe("and 4 more");
  });

  it("tells what it warns of", async () => {
    expect(await lookOne(doctorHome().context, "config.warnings")).toMatchObject({ state: "ok", text: "none" });
    const context = homeWith("accounts: [{ provider: claude, name: mine, login: true }]\n");
    const [found] = await look(context, "config.warnings");
    expect(found).toMatchObject({ state: "warn" });
    expect(found?.text).toContain("accept_terms");
  });
});

const keyed = 'accounts: [{ provider: openrouter, name: main, api_key: "${DOCTOR_KEY}" }]\n';

describe("variables that the file refers to", () => {
  it("are set, or there are none", async () => {
    const context = homeWith(keyed, { DOCTOR_KEY: "sk-or-canary-0123456789" });
    expect(await lookOne(context, "config.variables")).toMatchObject({ state: "ok" });
    expect(await lookOne(context, "config.file")).toMatchObject({ state: "ok" });
  });

  it("are named with their line and account when they are not", async () => {
    const context = homeWith(keyed);
    const found = await lookOne(context, "config.variables");
    expect(found).toMatchObject({ id: "config.variables.DOCTOR_KEY", state: "fail" });
    expect(found.text).toContain("the key of openrouter/main");
    expect(found.why).toContain("config.yaml:1: accounts[0].api_key");
    expect(await lookOne(context, "config.file")).toMatchObject({ state: "fail" });
  });

  it("are no trouble of an account that is switched off", async () => {
    const context = homeWith(keyed.replace(" }]", ", enabled: false }]"));
    expect(await lookOne(context, "config.variables")).toMatchObject({ state: "skip" });
    expect(await lookOne(context, "config.file")).toMatchObject({ state: "ok" });
  });

  it("are a warning while a core runs that has them", async () => {
    const context = homeWith(keyed);
    const { server } = await serveCore(context);
    opened.add(server);
    expect(await lookOne(context, "config.variables")).toMatchObject({ state: "warn" });
    expect(await lookOne(context, "config.file")).toMatchObject({ state: "warn" });
  });

  it("do not keep the rest of the file from being looked at", async () => {
    const context = homeWith(`${keyed}${local}routes: [{ match: {}, to: local/x }]\n`);
    expect(await lookOne(context, "config.routes")).toMatchObject({ state: "ok" });
  });

  it("are not what merely looks like one", async () => {
    const context = homeWith('settings: { system_prompt: { mode: append, text: "write ${NAME}" } }\n');
    expect(await lookOne(context, "config.variables")).toMatchObject({ state: "ok" });
  });
});

describe("rules", () => {
  it("may be none", async () => {
    expect((await lookOne(doctorHome().context, "config.routes")).text).toContain("passed through");
  });

  it("are fine when each leads somewhere", async () => {
    const context = homeWith(`${local}routes:\n  - { match: {}, to: local/x }\n  - { match: {}, to: block }\n`);
    expect(await lookOne(context, "config.routes")).toMatchObject({ state: "ok" });
  });

  it("are named with their number when nobody could serve them, whichever stand before them", async () => {
    const context = homeWith(
      `${local}routes:\n  - { match: {}, to: local/x }\n  - { match: { model: gpt-5 }, to: openrouter/x }\n`,
    );
    const found = await lookOne(context, "config.routes");
    expect(found).toMatchObject({ id: "config.routes.2", state: "fail" });
    expect(found.text).toContain("nobody can serve it");
    expect(found.fix).toContain("--model gpt-5");
  });

  it("warn where only some of a combo's members can serve", async () => {
    const context = homeWith(
      `${local}combos: { both: [openrouter/x, local/x] }\nroutes: [{ match: {}, to: combo/both }]\n`,
    );
    expect(await lookOne(context, "config.routes")).toMatchObject({ state: "warn" });
  });

  it("fail where a provider leaves the model out", async () => {
    const out = 'providers: { kiro: { excluded_models: ["claude-*"] } }\n';
    const context = homeWith(`${out}routes: [{ match: {}, to: kiro/claude-sonnet-4.5 }]\n`);
    const found = await lookOne(context, "config.routes");
    expect(found).toMatchObject({ state: "fail" });
    expect(found.text).toContain("leads nowhere");
  });

  it("are not judged by one model where they are meant for any", async () => {
    const context = homeWith('routes: [{ match: { model: "claude-*" }, to: "*/claude-*" }]\n');
    expect(await lookOne(context, "config.routes")).toMatchObject({ state: "ok" });
  });

  it("wait for a valid file", async () => {
    expect(await lookOne(homeWith("nonsense: 1\n"), "config.routes")).toMatchObject({ state: "skip" });
  });
});

describe("hosts", () => {
  it("are the known providers, and what was added", async () => {
    const context = homeWith("intercept: { hosts: [default, llm.example] }\n");
    expect((await lookOne(context, "config.hosts")).text).toBe("watches the known providers, llm.example");
  });

  it("warn where nothing is watched, or a rule waits for a host that stays closed", async () => {
    expect(await lookOne(homeWith("intercept: { hosts: [] }\n"), "config.hosts")).toMatchObject({ state: "warn" });
    const lost = `${local}intercept: { tunnel: [api.openai.com] }\nroutes: [{ match: { host: api.openai.com }, to: local/x }]\n`;
    expect((await lookOne(homeWith(lost), "config.hosts")).text).toContain("rules wait for api.openai.com");
  });
});
