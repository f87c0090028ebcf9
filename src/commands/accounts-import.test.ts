import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { clientProblem } from "../engine/config/login-home.ts";
import { clientLogins } from "../engine/config/schema.ts";
import { builtInProviders } from "../engine/providers/table.ts";
import { engineBench } from "./__fixtures__/engine-bench.ts";
import { clientRows } from "../engine/config/login-home.ts";

const canary = "sk-ant-oat-canary-0123456789abcdef";

/** As Claude Code writes it. */
function logIn(path: string, expiresAt: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const claudeAiOauth = { accessToken: canary, refreshToken: `${canary}-r`, expiresAt, subscriptionType: "max" };
  writeFileSync(path, JSON.stringify({ claudeAiOauth }));
}

const farAway = Date.parse("2100-01-01T00:00:00Z");

describe("accounts import", () => {
  it("shows which programs have a login here, and none of it", async () => {
    const { type, home, json, out, err } = await engineBench();
    logIn(join(home, ".claude", ".credentials.json"), farAway);
    expect(await type("accounts", "import", "--json")).toBe(0);
    expect(json()).toContainEqual(
      expect.objectContaining({ client: "claude-code", provider: "claude", state: "found", plan: "max" }),
    );
    expect(json()).toContainEqual(expect.objectContaining({ client: "codex", state: "missing", who: null }));
    expect(await type("accounts", "import")).toBe(0);
    expect(err()).toContain("switchyard accounts import claude-code");
    expect(out() + err()).not.toContain("canary");
  });

  it("says of one that is over how it is renewed", async () => {
    const { type, home, out } = await engineBench();
    logIn(join(home, ".claude", ".credentials.json"), 1_000);
    await type("accounts", "import", "--provider", "claude");
    expect(out()).toMatch(/claude-code +claude +over .*run `claude` once/);
    expect(out()).not.toContain("codex");
  });

  it("writes where the login is into config.yaml, and copies nothing", async () => {
    const { type, home, context, json, err } = await engineBench();
    const path = join(home, "elsewhere", "login.json");
    logIn(path, farAway);
    const flags = ["--path", path, "--name", "max", "--accept-terms", "--json"];
    expect(await type("accounts", "import", "claude-code", ...flags)).toBe(0);
    expect(json()).toMatchObject({ id: "claude/max", source: "client", client: "claude-code", state: "active" });
    const file = readFileSync(context.paths.configFile, "utf8");
    expect(file).toContain(path);
    expect(file + err()).not.toContain("canary");
  });

  it("does nothing before the terms are accepted: exit code 6 and the command to type", async () => {
    const { type, home, err, context } = await engineBench();
    logIn(join(home, ".claude", ".credentials.json"), farAway);
    expect(await type("accounts", "import", "claude-code", "--name", "max")).toBe(6);
    expect(err()).toContain("against the terms");
    expect(err()).toContain("next: switchyard accounts import claude-code --name max --accept-terms");
    expect(() => readFileSync(context.paths.configFile)).toThrow("ENOENT");
  });

  it("exits with 6 where there is no login, and says how to make one", async () => {
    const { type, err } = await engineBench();
    expect(await type("accounts", "import", "codex", "--accept-terms")).toBe(6);
    expect(err()).toContain("codex login");
  });

  it("exits with 2 for a program that is not known, or a provider that would not take it", async () => {
    const { type, home, err } = await engineBench();
    expect(await type("accounts", "import", "claude-cod")).toBe(2);
    expect(err()).toContain('did you mean "claude-code"?');
    logIn(join(home, ".claude", ".credentials.json"), farAway);
    expect(await type("accounts", "import", "claude-code", "--provider", "groq", "--accept-terms")).toBe(2);
    expect(err()).toContain("good for provider claude only");
  });

  it.each(clientLogins)("knows a provider that takes the login of %s", (client) => {
    const provider = builtInProviders[clientRows[client]];
    expect(provider && clientProblem(client, provider)).toBeNull();
  });
});
