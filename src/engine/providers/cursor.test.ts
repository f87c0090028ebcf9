import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import { bodyOf, type HttpRequest } from "../../base/http.ts";
import { Secret } from "../../base/secret.ts";
import type { Credential } from "../accounts/credential.ts";
import type { ProviderConfig } from "../config/schema.ts";
import { providerFrom } from "./compatible.ts";
import { createDiscovery } from "./discover.ts";
import type { Provider } from "./provider.ts";
import { builtInProviders } from "./table.ts";

const [machine, mac] = ["a".repeat(64), "b".repeat(64)];
const token: Credential = { kind: "token", secret: new Secret("cursor-canary-token"), facts: {} };
const clock = { now: () => 1_769_525_000_000, monotonic: () => 0 };
const random = { bytes: (count: number) => Buffer.alloc(count, 1) };
const options = { clock, random, userAgent: null };

function configOf(more: Partial<ProviderConfig> = {}): ProviderConfig {
  const row = builtInProviders["cursor"];
  if (row === undefined) throw new Error("no row");
  return { ...row, ...more };
}

function made(more: Partial<ProviderConfig> = {}): Provider {
  const provider = providerFrom("cursor", configOf(more));
  return provider;
}

describe("Cursor as a provider", () => {
  it("is asked over HTTP/2 at its agent's host, unless its user names another", () => {
    expect(made()).toMatchObject({ over: "h2", format: "cursor", origin: { host: "agent.api5.cursor.sh", port: 443 } });
    const own = made({ endpoint: "https://agentn.api5.cursor.sh" });
    expect(own.origin.host).toBe("agentn.api5.cursor.sh");
    expect(made({ endpoint: "http://127.0.0.1:9" }).origin).toMatchObject({ scheme: "http", host: "127.0.0.1" });
    expect(own.target("/agent.v1.AgentService/Run")).toBe("/agent.v1.AgentService/Run");
    expect(headerValue(made().authorize(token, options), "x-ghost-mode")).toBe("true");
    expect(headerValue(own.authorize(token, options), "x-ghost-mode")).toBe("false");
  });

  it("shows the token without the user's id that a cookie has in front of it", () => {
    for (const pasted of [
      "cursor-canary-token",
      "user_01ABC::cursor-canary-token",
      "user_01ABC%3A%3Acursor-canary-token",
    ]) {
      const headers = made().authorize({ ...token, secret: new Secret(pasted) }, options);
      expect(headerValue(headers, "authorization")).toBe("Bearer cursor-canary-token");
    }
  });

  it("makes the checksum of imported ids and of nothing else", () => {
    const sum = (credential: Credential): string | undefined =>
      headerValue(made().authorize(credential, options), "x-cursor-checksum");
    expect(sum(token)).toBeUndefined();
    expect(sum({ ...token, machine: { id: new Secret(machine), mac: null } })).toBe(`pZGTi4-_${machine}`);
    expect(sum({ ...token, machine: { id: new Secret(machine), mac: new Secret(mac) } })).toBe(
      `pZGTi4-_${machine}/${mac}`,
    );
  });

  it("says no version of a client but the one that was set, and imitates nobody", () => {
    const names = (provider: Provider): string[] => provider.authorize(token, options).map(([name]) => name);
    expect(names(made())).toEqual(["authorization", "x-ghost-mode", "x-session-id"]);
    const headers = made({ clientVersion: "3.1.0" }).authorize(token, options);
    expect(headerValue(headers, "x-cursor-client-version")).toBe("3.1.0");
  });

  it("lists its models by the main API", async () => {
    for (const endpoint of ["https://api2.cursor.sh", "https://agentn.api5.cursor.sh"]) {
      const asked: HttpRequest[] = [];
      const send = (request: HttpRequest) => {
        asked.push(request);
        const models = [
          { name: "default" },
          { name: "claude-opus-4-8", contextTokenLimit: 200_000, supportsImages: true },
        ];
        return Promise.resolve({ status: 200, headers: [], body: bodyOf(JSON.stringify({ modelNames: [], models })) });
      };
      const { signal } = new AbortController();
      const question = { id: "cursor", config: configOf({ endpoint }), credential: token, signal };
      const listed = await createDiscovery({ send, clock, random }).list(question);
      expect(listed).toMatchObject({
        ok: true,
        models: [
          { name: "default", maxTokens: null },
          { name: "claude-opus-4-8", maxTokens: 200_000, vision: true },
        ],
      });
      expect(asked[0]).toMatchObject({
        method: "POST",
        host: "api2.cursor.sh",
        target: "/aiserver.v1.AiService/AvailableModels",
      });
      expect(asked[0]?.over).toBeUndefined();
    }
  });
});
