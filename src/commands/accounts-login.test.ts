import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../test/support/wait.ts";
import { type EngineVerbs, type LoginJson, type NewLoginJson, VerbRefusal } from "../base/controls-engine.ts";
import {
  aLogin,
  anAccount,
  aProvider,
  engineBench,
  type EngineBenchOptions,
  knowing,
} from "./__fixtures__/engine-bench.ts";

/** What a login in the browser would come back with. */
const pastedCode = "code-canary-0123456789#state";

/** A core whose login goes as the test says: each look at it takes the next state, the last one stays. */
async function benchWith(
  begun: LoginJson,
  states: readonly Partial<LoginJson>[],
  options: EngineBenchOptions & { readonly finish?: EngineVerbs["finishLogin"] } = {},
) {
  const asked: unknown[][] = [];
  const started: NewLoginJson[] = [];
  let looks = 0;
  const bench = await engineBench({
    ...options,
    verbs: {
      ...knowing(aProvider("copilot"), aProvider("kiro"), aProvider("groq")),
      accounts: () => Promise.resolve([anAccount({ provider: begun.provider, name: begun.account, source: "login" })]),
      startLogin(login) {
        started.push(login);
        return Promise.resolve(begun);
      },
      login(id) {
        asked.push(["look", id]);
        const now = states[Math.min(looks, states.length - 1)];
        looks += 1;
        return Promise.resolve({ ...begun, ...now });
      },
      finishLogin(id, pasted) {
        asked.push(["finish", id, pasted]);
        return options.finish?.(id, pasted) ?? Promise.resolve(begun);
      },
      cancelLogin(id) {
        asked.push(["cancel", id]);
        return Promise.resolve();
      },
    },
  });
  return { ...bench, asked, started };
}

const done: Partial<LoginJson> = { state: "done" };

describe("accounts login", () => {
  it("shows where to go and what to type there, waits, and says who is logged in", async () => {
    const { type, out, err, started } = await benchWith(aLogin(), [{}, done]);
    expect(await type("accounts", "login", "copilot", "--name", "work", "--accept-terms")).toBe(0);
    expect(started).toEqual([{ provider: "copilot", name: "work", acceptTerms: true }]);
    expect(err()).toContain("https://github.com/login/device");
    expect(err()).toContain("code  ABCD-1234");
    expect(err()).toContain("to: copilot/MODEL");
    expect(out()).toContain("copilot/main is logged in");
  });

  it("passes on what Kiro wants to know, and says where it is used", async () => {
    const { type, started, err, json } = await benchWith(aLogin({ provider: "kiro" }), [done]);
    const flags = [
      "--method",
      "identity-center",
      "--start-url",
      "https://acme.awsapps.com/start",
      "--region",
      "eu-west-1",
    ];
    expect(await type("accounts", "login", "kiro", ...flags, "--accept-terms", "--json")).toBe(0);
    expect(started).toMatchObject([
      { method: "identity-center", startUrl: "https://acme.awsapps.com/start", region: "eu-west-1" },
    ]);
    expect(err()).toContain("to: kiro/MODEL");
    expect(json()).toMatchObject({ id: "kiro/main" });
  });

  it("does nothing before the terms are accepted: exit code 6 and the command to type", async () => {
    const { type, err, started } = await benchWith(aLogin(), [done]);
    expect(await type("accounts", "login", "copilot", "--name", "work")).toBe(6);
    expect(started).toEqual([]);
    expect(err()).toContain("against the terms");
    expect(err()).toContain("next: switchyard accounts login copilot --name work --accept-terms");
  });

  it.each([
    ["y\n", 0, 1],
    ["no\n", 6, 0],
    ["", 6, 0],
  ])("asks a person, and takes only a yes for a yes: %j", async (stdin, code, starts) => {
    const { type, err, started } = await benchWith(aLogin(), [done], { stdin, terminal: true });
    expect(await type("accounts", "login", "copilot", "--no-browser")).toBe(code);
    expect(err()).toContain("[y/N]");
    expect(started).toHaveLength(starts);
  });

  it.each([
    [{ state: "failed", error: "access denied" }, "failed", "access denied"],
    [{ state: "expired", error: null }, "not confirmed in time", "switchyard accounts login copilot"],
  ] as const)("exits with 6 when it ends otherwise: %j", async (state, what, more) => {
    const { type, err } = await benchWith(aLogin(), [state]);
    expect(await type("accounts", "login", "copilot", "--accept-terms")).toBe(6);
    expect(err()).toContain(what);
    expect(err()).toContain(more);
  });

  it("is called off by Ctrl-C, at the core as well", async () => {
    const { type, asked, err, signal } = await benchWith(aLogin(), [{}]);
    const code = type("accounts", "login", "copilot", "--accept-terms");
    await waitFor("the wait", () => asked.length > 0);
    signal("SIGINT");
    expect(await code).toBe(130);
    expect(asked.at(-1)).toEqual(["cancel", "attempt-1"]);
    expect(err()).toContain("called off");
  });

  it("takes a pasted answer, asks again after a wrong one, and shows neither", async () => {
    const stdin = new PassThrough();
    const finish = (_id: string, pasted: string): Promise<LoginJson> =>
      pasted === pastedCode
        ? Promise.resolve(aLogin(done))
        : Promise.reject(new VerbRefusal("invalid", "it has no code in it"));
    const states: Partial<LoginJson>[] = [{}];
    const { type, asked, out, err } = await benchWith(
      aLogin({ pastes: true, kind: "browser", userCode: null }),
      states,
      {
        stdin,
        finish: async (id, pasted) => {
          const login = await finish(id, pasted);
          states[0] = done;
          return login;
        },
      },
    );
    const code = type("accounts", "login", "copilot", "--accept-terms");
    await waitFor("the invitation", () => err().includes("Waiting"));
    stdin.write("https://nothing.example/\n");
    await waitFor("the refusal", () => err().includes("That is not it: it has no code in it"));
    stdin.write(`${pastedCode}\n`);
    expect(await code).toBe(0);
    expect(asked.filter(([what]) => what === "finish")).toHaveLength(2);
    expect(out() + err()).not.toContain("canary");
  });

  it("goes on waiting when stdin has nothing to say", async () => {
    const { type } = await benchWith(aLogin({ pastes: true }), [{}, {}, done]);
    expect(await type("accounts", "login", "copilot", "--accept-terms")).toBe(0);
  });

  it("names what can be logged in to, with exit code 2, before it asks for anything", async () => {
    const { type, err } = await benchWith(aLogin(), [done]);
    expect(await type("accounts", "login", "groq")).toBe(2);
    expect(err()).toContain("switchyard accounts add groq");
    expect(await type("accounts", "login", "copilto")).toBe(2);
    expect(err()).toContain('did you mean "copilot"?');
  });
});

describe("the browser", () => {
  /** An `xdg-open` that writes down what it was called with. */
  function opener(home: string): { readonly PATH: string; readonly opened: () => string | null } {
    const bin = join(home, "bin");
    mkdirSync(bin);
    const log = join(home, "opened");
    writeFileSync(
      join(bin, "xdg-open"),
      `#!/bin/sh\nprintf '%s|' "$#" "$@" > '${log}.part' && mv '${log}.part' '${log}'\n`,
    );
    chmodSync(join(bin, "xdg-open"), 0o755);
    const PATH = `${bin}:${process.env["PATH"] ?? ""}`;
    return { PATH, opened: () => (existsSync(log) ? readFileSync(log, "utf8") : null) };
  }

  const page = "https://github.com/login/device?code=$(id)&x='a b'";

  it("is opened with the address as one argument, never through a shell", async () => {
    const made = await benchWith(aLogin({ urlComplete: page }), [{}, done], {
      terminal: true,
      env: { DISPLAY: ":1" },
    });
    const { PATH, opened } = opener(made.home);
    Object.assign(made.context.env, { PATH });
    expect(await made.type("accounts", "login", "copilot", "--accept-terms")).toBe(0);
    const said = await waitFor("the opener", () => opened());
    expect(said.split("|").slice(0, 2)).toEqual(["1", new URL(page).href]);
    expect(made.err()).toContain("It opens in your browser now.");
  });

  it.each([
    ["--no-browser", { DISPLAY: ":1" }, true, page],
    ["without a display", {}, true, page],
    ["without a terminal", { DISPLAY: ":1" }, false, page],
    ["for an address that is no web page", { DISPLAY: ":1" }, true, "file:///etc/passwd"],
  ])("stays closed %s", async (why, env, terminal, url) => {
    const made = await benchWith(aLogin({ url }), [done], { terminal, env });
    const { PATH, opened } = opener(made.home);
    Object.assign(made.context.env, { PATH });
    const flags = why === "--no-browser" ? [why] : [];
    expect(await made.type("accounts", "login", "copilot", "--accept-terms", ...flags)).toBe(0);
    expect(made.err()).not.toContain("It opens in your browser");
    expect(opened()).toBeNull();
  });
});
