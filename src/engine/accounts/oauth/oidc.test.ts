/** The flows against a real OAuth server: proof key, state, issuer, device code, and refresh tokens that rotate. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemRandom } from "../../../base/random.ts";
import { waitFor } from "../../../../test/support/wait.ts";
import { createFakeTime, createTestSend } from "../../../../test/support/fake-auth/index.ts";
import { startOidcServer, type OidcServer } from "../../../../test/support/fake-auth/oidc.ts";
import { beginBrowserLogin } from "./browser-login.ts";
import { redeemRefreshToken } from "./grants.ts";
import { createLogins, type FinishedLogin } from "./login.ts";
import type { FlowTools, LoginOutcome } from "./login-flow.ts";
import { createRefresh } from "./refresh.ts";
import { resolveService, type ServiceInForce } from "./resolve.ts";
import { createWire } from "./wire.ts";

let server: OidcServer;
beforeAll(async () => {
  server = await startOidcServer();
});
afterAll(() => server.close());

function tools(): FlowTools {
  const { send } = createTestSend();
  const { clock, after } = createFakeTime();
  return { wire: createWire(send), clock, after, random: systemRandom };
}

/** By the book, and as if Kimi had it: nothing is asked once there are tokens. */
function standardService(): ServiceInForce {
  const { issuer, clientId } = server;
  const tokenUrl = `${issuer}/token`;
  const said = { clientId, authUrl: `${issuer}/auth`, tokenUrl };
  const resolved = resolveService("kimi", { config: { kimi: said }, file: {} });
  if (!resolved.ok) throw new Error(resolved.message);
  return {
    ...resolved.service,
    scopes: ["openid", "offline_access"],
    authorizeFields: { prompt: "consent" },
    pkce: true,
    redirect: { kind: "loopback", host: "127.0.0.1", ports: [], path: "/callback" },
  };
}

async function logIn(change: (back: URL) => void = () => {}): Promise<LoginOutcome> {
  const never = new AbortController().signal;
  const result = await beginBrowserLogin(tools(), standardService(), { byPaste: false, fields: {} }, never);
  if (!result.ok) throw new Error(result.message);
  const redirectUri = new URL(result.begun.url).searchParams.get("redirect_uri") ?? "";
  const back = new URL(await server.browse(result.begun.url, redirectUri));
  change(back);
  expect((await fetch(back)).status).toBe(200);
  return result.begun.outcome;
}

describe("a real OAuth server", () => {
  it("takes our authorization code, proof key and all", async () => {
    const outcome = await logIn();
    expect(outcome.type).toBe("done");
    if (outcome.type !== "done") return;
    expect(outcome.tokens.refreshToken).not.toBeNull();
    expect(outcome.tokens.expiresInMs).toBe(3_600_000);
  });

  it("rotates our refresh tokens and takes the family back when one is used twice", async () => {
    const outcome = await logIn();
    if (outcome.type !== "done" || outcome.tokens.refreshToken === null) throw new Error("no login");
    const first = outcome.tokens.refreshToken;
    const service = standardService();
    const never = new AbortController().signal;
    const renewed = await redeemRefreshToken(tools(), service, first, never);
    if (!renewed.ok || renewed.tokens.refreshToken === null) throw new Error("not renewed");
    const second = renewed.tokens.refreshToken;
    expect(second.equals(first.reveal())).toBe(false);
    expect(await redeemRefreshToken(tools(), service, first, never)).toMatchObject({
      failure: { code: "invalid_grant" },
    });
    expect(await redeemRefreshToken(tools(), service, second, never)).toMatchObject({
      failure: { code: "invalid_grant" },
    });
  });

  it("is not believed when the answer names another issuer", async () => {
    const outcome = await logIn((back) => {
      expect(back.searchParams.get("iss")).toBe(server.issuer);
      back.searchParams.set("iss", "https://elsewhere.example");
    });
    expect(outcome.type).toBe("failed");
  });

  it("refuses a code that another answer brought", async () => {
    const outcome = await logIn((back) => back.searchParams.set("code", "a-code-of-somebody-else"));
    expect(outcome).toMatchObject({ type: "failed" });
    expect(outcome.type === "failed" && outcome.message).toContain("invalid_grant");
    expect(outcome.type === "failed" && outcome.message).not.toContain("somebody-else");
  });

  it("confirms our device code, and renews what it gave", async () => {
    const { issuer, clientId } = server;
    const { send } = createTestSend();
    const time = createFakeTime();
    const saved: FinishedLogin[] = [];
    const config = { qwen: { clientId, authUrl: `${issuer}/device/auth`, tokenUrl: `${issuer}/token` } };
    const oauth = () => ({ config, file: {} });
    const deps = { send, clock: time.clock, after: time.after, random: systemRandom, oauth };
    const logins = createLogins({ ...deps, save: (login) => Promise.resolve(void saved.push(login)) });
    const started = await logins.start({ provider: "qwen", name: "mine", acceptTerms: true });
    if (!started.ok) throw new Error(started.message);
    const look = async (): Promise<string> => {
      const now = logins.get(started.login.id);
      const next = time.waits[0];
      if (next !== undefined && next <= 10_000) time.advance(next);
      await new Promise((resolve) => setImmediate(resolve));
      return now.ok ? now.login.state : now.message;
    };
    // Nobody has confirmed it yet.
    for (let looks = 0; looks < 3; looks += 1) expect(await look()).toBe("waiting");
    expect(await server.browse(started.login.urlComplete ?? "", null)).toContain("success");
    await waitFor("the login's end", async () => (await look()) === "done");
    const [kept] = saved;
    if (kept === undefined || kept.tokens.refreshToken === null) throw new Error("no refresh token");
    const refresh = createRefresh(deps);
    const given = { refreshToken: kept.tokens.refreshToken, extra: kept.extra, facts: kept.tokens.facts };
    const renewed = await refresh("qwen", given);
    expect(renewed.ok && renewed.tokens.refreshToken !== null).toBe(true);
    expect(await refresh("qwen", given)).toMatchObject({ ok: false, kind: "permanent" });
    await logins.close();
  });
});
