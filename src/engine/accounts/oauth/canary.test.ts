/** Services that repeat everything they were sent: none of it may come out again in a message, an error or a login. */
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../../base/random.ts";
import { Secret } from "../../../base/secret.ts";
import { createOpened } from "../../../../test/support/opened.ts";
import { waitFor } from "../../../../test/support/wait.ts";
import { createFakeTime, createTestSend } from "../../../../test/support/fake-auth/index.ts";
import { serveAuth, type AuthCall, type AuthReply } from "../../../../test/support/fake-auth/serve.ts";
import { createLogins } from "./login.ts";
import { createRefresh } from "./refresh.ts";
import { serviceIds, services, type ServiceId } from "./services.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

const clientSecret = "canary-client-secret-0123456789abcdef";
const refreshToken = "canary-refresh-token-0123456789abcdef";
const githubToken = "canary-github-token-0123456789abcdef";
const registration = "canary-registration-0123456789abcdef";
const canaries = [clientSecret, refreshToken, githubToken, registration];

const sent = (call: AuthCall): string => `${call.text} ${call.headers.authorization ?? ""} ${call.query.toString()}`;

/** All the ways in which a service may say what it was told. */
const echoes: Readonly<Record<string, (call: AuthCall) => AuthReply>> = {
  "OAuth's words": (call) => ({ status: 400, json: { error: "invalid_grant", error_description: sent(call) } }),
  "an error that is a token": (call) => {
    const token = canaries.find((canary) => call.text.includes(canary)) ?? "unknown";
    return { status: 400, json: { error: token, error_description: token } };
  },
  "an error object": (call) => ({ status: 401, json: { error: { code: "over", message: sent(call) } } }),
  "a message": (call) => ({ status: 403, json: { message: sent(call) } }),
  "words in a yes": (call) => ({ status: 200, json: { success: false, message: sent(call) } }),
  "a yes without what was asked": (call) => ({ status: 200, json: { access_token: 7, token: 7, said: sent(call) } }),
  "a redirect": (call) => ({ status: 302, headers: { location: `https://elsewhere.example/?${sent(call)}`.trim() } }),
  "a page": (call) => ({ status: 400, json: sent(call) }),
};

function hosts(port: number): Readonly<Record<string, number>> {
  const urls = serviceIds.flatMap((id) => [services[id].authUrl, services[id].tokenUrl, services[id].refreshUrl]);
  const names = urls.map((url) => new URL(url.replace("{region}", "us-east-1")).host);
  return Object.fromEntries([...names, "cloudcode-pa.googleapis.com"].map((name) => [name, port]));
}

const oauth = () => ({
  config: Object.fromEntries(serviceIds.map((id) => [id, needs(id) ? { clientSecret: new Secret(clientSecret) } : {}])),
  file: {},
});

function needs(id: ServiceId): boolean {
  return services[id].secret === "required";
}

function expectClean(what: unknown, secrets: readonly string[]): void {
  const shown = `${JSON.stringify(what)}\n${inspect(what, { depth: 9 })}`;
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(12);
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(0, 16)]) {
      expect(shown).not.toContain(form);
    }
  }
}

describe.each(Object.keys(echoes))("a service that repeats what it is told, in %s", (name) => {
  const echo = (call: AuthCall): AuthReply => echoes[name]?.(call) ?? { status: 500 };

  it.each(serviceIds)("does not make a renewal of %s repeat it", async (service) => {
    const fake = opened.add(await serveAuth({}, echo));
    const { clock, after } = createFakeTime();
    const refresh = createRefresh({ send: createTestSend(hosts(fake.port)).send, clock, after, oauth });
    const extra = {
      githubToken: new Secret(githubToken),
      ...(service === "kiro" ? { clientId: new Secret("an-id"), clientSecret: new Secret(registration) } : {}),
    };
    const result = await refresh(service, { refreshToken: new Secret(refreshToken), extra, facts: {} });
    expect(result.ok).toBe(false);
    expect(fake.seen.length).toBeGreaterThan(0);
    expectClean(result, canaries);
  });

  it("does not make a login repeat its code or its proof key", async () => {
    const fake = opened.add(await serveAuth({}, echo));
    const { clock, after } = createFakeTime();
    const { send } = createTestSend(hosts(fake.port));
    const save = (): Promise<void> => Promise.resolve();
    const logins = createLogins({ send, clock, after, random: systemRandom, oauth, save });
    opened.later(() => logins.close());
    for (const provider of ["claude", "gemini-cli", "iflow"]) {
      const started = await logins.start({ provider, name: "mine", acceptTerms: true });
      if (!started.ok) throw new Error(started.message);
      const code = `canary-code-of-${provider}-0123456789`;
      const query = new URL(started.login.url).searchParams;
      const back = query.get("redirect_uri") ?? query.get("redirect") ?? "";
      await logins.paste(started.login.id, `${back}?code=${code}&state=${query.get("state") ?? ""}`);
      const end = await waitFor("the end", () => {
        const now = logins.get(started.login.id);
        return now.ok && now.login.state !== "waiting" ? now.login : null;
      });
      expect(end.state).toBe("failed");
      const verifier = new URLSearchParams(fake.seen.at(-1)?.text).get("code_verifier");
      expectClean(end, [code, clientSecret, ...(verifier === null ? [] : [verifier])]);
    }
    for (const provider of ["copilot", "qwen", "kimi", "kiro"]) {
      expectClean(await logins.start({ provider, name: "mine", acceptTerms: true }), canaries);
    }
  });
});
