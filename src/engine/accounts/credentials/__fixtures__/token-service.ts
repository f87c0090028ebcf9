/**
 * A login service on loopback that behaves as the strict ones do: every refresh token is good once, and a second use of
 * one takes the whole family back. It also holds up processes until all have arrived, so that they meet.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { own, parseJson } from "../../../../base/json.ts";
import { Secret } from "../../../../base/secret.ts";
import type { Refresh } from "../../credential.ts";

export interface TokenService {
  readonly url: string;
  /** The refresh token that is good now. */
  readonly current: () => string;
  readonly redeemed: () => number;
  readonly isRevoked: () => boolean;
  /** What the next questions get; `hold`: no answer and no redemption until the asker has gone. */
  behave(how: "answer" | "hold" | "fail" | "refuse" | "keep-refresh-token"): void;
  /** Resolves when a question is being held. */
  held(): Promise<void>;
  close(): Promise<void>;
}

export const lifetimeSeconds = 3_600;
export const firstRefreshToken = "canary-refresh-token-0";

export async function tokenService(crowd = 1): Promise<TokenService> {
  let generation = 0;
  let revoked = false;
  let behaviour: Parameters<TokenService["behave"]>[0] = "answer";
  let onHeld = (): void => undefined;
  const held = new Promise<void>((resolve) => (onHeld = resolve));
  let waiting: ServerResponse[] = [];
  const refreshTokenOf = (count: number): string => `canary-refresh-token-${count}`;

  function redeem(said: unknown): { readonly status: number; readonly body: object } {
    if (behaviour === "fail") return { status: 503, body: { error: "temporarily_unavailable" } };
    if (behaviour === "refuse") return { status: 400, body: { error: "invalid_grant" } };
    if (revoked || said !== refreshTokenOf(generation)) {
      revoked = true;
      return { status: 400, body: { error: "refresh_token_reused", seen: said } };
    }
    generation += 1;
    const access_token = `canary-access-token-${generation}`;
    if (behaviour === "keep-refresh-token") {
      generation -= 1;
      return { status: 200, body: { access_token, expires_in: lifetimeSeconds } };
    }
    return {
      status: 200,
      body: { access_token, refresh_token: refreshTokenOf(generation), expires_in: lifetimeSeconds },
    };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // a server's request is read in buffers
    if (request.url === "/meet") {
      waiting.push(response);
      if (waiting.length < crowd) return;
      for (const one of waiting) one.end("{}");
      waiting = [];
      return;
    }
    if (behaviour === "hold") return onHeld();
    const parsed = parseJson(Buffer.concat(chunks).toString());
    const { status, body } = redeem(parsed.ok ? own(parsed.value, "refresh_token") : null);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is an object; only pipes have a string.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    current: () => refreshTokenOf(generation),
    redeemed: () => generation,
    isRevoked: () => revoked,
    behave: (how) => void (behaviour = how),
    held: () => held,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Redeems at that service, as little as a renewal needs. */
export function refreshAt(url: string): Refresh {
  return async (_service, { refreshToken }) => {
    try {
      const reply = await fetch(`${url}/token`, {
        method: "POST",
        body: JSON.stringify({ refresh_token: refreshToken.reveal() }),
      });
      const text = await reply.text();
      // The whole answer, so that tests see whether a quoted secret gets through.
      if (reply.status === 400) return { ok: false, kind: "permanent", message: text };
      if (!reply.ok) return { ok: false, kind: "transient", message: text };
      const parsed = parseJson(text);
      const value = parsed.ok ? parsed.value : null;
      const fresh = own(value, "refresh_token");
      return {
        ok: true,
        tokens: {
          accessToken: new Secret(String(own(value, "access_token"))),
          refreshToken: typeof fresh === "string" ? new Secret(fresh) : null,
          expiresInMs: Number(own(value, "expires_in")) * 1_000,
          facts: {},
        },
      };
    } catch {
      return { ok: false, kind: "transient", message: "no connection" };
    }
  };
}
