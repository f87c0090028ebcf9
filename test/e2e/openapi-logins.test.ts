/** Logins over the control API, begun, looked at, answered and called off: each answer is what the served document says. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Api, openApi } from "../support/api.ts";
import { type ApiDocument, openDocument } from "../support/api-document.ts";
import { createWalk, type Walk, walkOf } from "../support/api-walk.ts";
import { type LoginStage, startLoginStage } from "../support/fake-backends-stage.ts";
import { field } from "../support/provider-turn.ts";

let stage: LoginStage;
let api: Api;
let document: ApiDocument;
let walk: Walk;
beforeAll(async () => {
  stage = await startLoginStage();
  api = await openApi(stage.core.home);
  document = await openDocument(api);
  walk = createWalk(() => api, document);
}, 90_000);
afterAll(() => stage.close());

const idOf = (answer: Answer): string => String(field(answer.json, "id"));
const hour = 3_600_000;

describe("logins", () => {
  it("in the browser, whose answer is pasted", async () => {
    const begin = { provider: "claude", name: "me", method: "paste", acceptTerms: true };
    const login = await walk.ask("POST /api/logins", "/api/logins", 200, { body: begin });
    const path = `/api/logins/${idOf(login)}`;
    await walk.ask("GET /api/logins/{id}", path, 200);
    const { pathname, search } = new URL(String(field(login.json, "url")));
    const page = await fetch(`${stage.worlds.claude.auth.url}${pathname}${search}`, { redirect: "manual" });
    const pasted = String(field(await page.json(), "shown"));
    await walk.ask("POST /api/logins/{id}", path, 400, { body: { pasted: `${pasted}x` } });
    await walk.ask("POST /api/logins/{id}", path, 400, { body: { pasted: "" } });
    await walk.ask("POST /api/logins/{id}", path, 400, { body: { paste: pasted } });
    const done = await walk.ask("POST /api/logins/{id}", path, 200, { body: { pasted } });
    expect(done.json).toMatchObject({ state: "done" });
    await walk.ask("POST /api/logins/{id}", path, 409, { body: { pasted } });
    await walk.ask("POST /api/logins/{id}", "/api/logins/none", 404, { body: { pasted } });
    await walk.ask("GET /api/logins/{id}", "/api/logins/none", 404);
  });

  it("that cannot be begun", async () => {
    const refused = (body: object, status: number): Promise<Answer> =>
      walk.ask("POST /api/logins", "/api/logins", status, { body });
    await refused({ provider: "claude", name: "x" }, 400);
    await refused({ provider: "claude", acceptTerms: true }, 400);
    await refused({ provider: "qwen", name: "x", acceptTerms: true, method: "telepathy" }, 400);
    await refused({ provider: "qwen", name: "x", acceptTerms: "yes" }, 400);
    const unknown = await refused({ provider: "nonesuch", name: "x", acceptTerms: true }, 404);
    expect(field(field(unknown.json, "error"), "code")).toBe("not-found");
  });

  it("called off", async () => {
    const body = { provider: "qwen", name: "x", acceptTerms: true };
    const login = await walk.ask("POST /api/logins", "/api/logins", 200, { body });
    const path = `/api/logins/${idOf(login)}`;
    await walk.ask("DELETE /api/logins/{id}", path, 200);
    expect((await walk.ask("GET /api/logins/{id}", path, 200)).json).toMatchObject({ state: "cancelled" });
    await walk.ask("DELETE /api/logins/{id}", "/api/logins/none", 404);
  });

  it("at Kiro's own address", async () => {
    const begin = (status: number, body?: object): Promise<Answer> =>
      walk.ask("POST /v0/oauth/kiro", "/v0/oauth/kiro", status, body === undefined ? {} : { body });
    await begin(400);
    await begin(400, { acceptTerms: true, method: "identity-center" });
    await begin(400, { acceptTerms: true, startURL: "https://acme.awsapps.com/start" });
    const login = await begin(200, { acceptTerms: true });
    expect(login.json).toMatchObject({ provider: "kiro", account: "kiro", userCode: expect.any(String) });
    const path = `/v0/oauth/kiro/${idOf(login)}`;
    await walk.ask("GET /v0/oauth/kiro/{id}", path, 200);
    await walk.ask("DELETE /v0/oauth/kiro/{id}", path, 200);
    await walk.ask("GET /v0/oauth/kiro/{id}", "/v0/oauth/kiro/none", 404);
    await walk.ask("DELETE /v0/oauth/kiro/{id}", "/v0/oauth/kiro/none", 404);
  });

  it("at Kiro on a page of the port", async () => {
    const key = "POST /v0/oauth/kiro/pages";
    const path = "/v0/oauth/kiro/pages";
    await walk.ask(key, path, 400);
    await walk.ask(key, path, 400, { body: { acceptTerms: true, method: "telepathy" } });
    await walk.ask(key, path, 400, { body: { acceptTerms: "yes" } });
    const made = await walk.ask(key, path, 200, { body: { acceptTerms: true, name: "page" } });
    expect(made.json).toMatchObject({ account: "kiro/page", state: "unopened", url: expect.any(String) });
    const one = `${path}/${idOf(made)}`;
    await walk.ask("GET /v0/oauth/kiro/pages/{id}", one, 200);
    expect((await fetch(String(field(made.json, "url")), { redirect: "manual" })).status).toBeLessThan(400);
    const opened = await walk.ask("GET /v0/oauth/kiro/pages/{id}", one, 200);
    expect(opened.json).toMatchObject({ state: "open" });
    await walk.ask("DELETE /v0/oauth/kiro/pages/{id}", one, 200);
    const over = await walk.ask("GET /v0/oauth/kiro/pages/{id}", one, 200);
    expect(over.json).toMatchObject({ state: "cancelled", reason: expect.any(String) });
    await walk.ask("GET /v0/oauth/kiro/pages/{id}", `${path}/none`, 404);
    await walk.ask("DELETE /v0/oauth/kiro/pages/{id}", `${path}/none`, 404);
  });

  it("renewed, and not", async () => {
    const key = "POST /api/accounts/{provider}/{name}/refresh";
    await stage.only("claude", "main", -hour);
    await walk.ask(key, "/api/accounts/claude/main/refresh", 200);
    await walk.ask(key, "/api/accounts/nobody/none/refresh", 404);
    await api.socket("/api/accounts", {
      body: { provider: "openrouter", name: "key", apiKey: "sk-or-canary-0123456789" },
    });
    await walk.ask(key, "/api/accounts/openrouter/key/refresh", 400);
    await stage.only("claude", "revoked", -hour, { refresh: "nobody-has-issued-this" });
    const revoked = await walk.ask(key, "/api/accounts/claude/revoked/refresh", 502);
    expect(field(field(revoked.json, "error"), "code")).toBe("upstream");
  });

  it("with accounts that say what they need and what is left", async () => {
    // No usage address answers here: each says why it could not be read.
    expect((await walk.ask("GET /api/accounts", "/api/accounts", 200)).json).not.toEqual([]);
    await walk.ask("GET /api/accounts/quota", "/api/accounts/quota", 200);
    await walk.ask("GET /api/rate-limits", "/api/rate-limits", 200);
  });

  it("and every operation was asked", () => {
    const mine = document.operations.filter((operation) => walkOf(operation) === "logins");
    expect(mine.length).toBeGreaterThan(7);
    expect(mine.filter(({ key }) => !document.answered.has(key))).toEqual([]);
    expect([...document.refused].some((each) => each.endsWith(" upstream"))).toBe(true);
  });
});
