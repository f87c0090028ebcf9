/** An origin whose certificate is not in order is refused before it has seen a single byte of the request. */
import { readdirSync, readFileSync } from "node:fs";
import type { ClientHttp2Session } from "node:http2";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createFakeCa, issuedBy, selfSigned, type Identity } from "../support/fake-ca.ts";
import { createStage, host } from "../support/fixture.ts";
import { h2Through, readToEnd, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
const stranger = stage.opened.add(createFakeCa("Somebody else's root"));
const dayMs = 86_400_000;

/** One bad origin per built-in provider host. */
const bad: Readonly<Record<string, { readonly why: string; readonly identity: Identity }>> = {
  [host]: { why: "signed by itself", identity: selfSigned([host]) },
  "api.openai.com": { why: "signed by a root nobody named", identity: stranger.issue(["api.openai.com"]) },
  "generativelanguage.googleapis.com": { why: "made out to another host", identity: stage.ca.issue(["other.example"]) },
  "openrouter.ai": {
    why: "expired",
    identity: stage.ca.issue(["openrouter.ai"], {
      notBefore: new Date(Date.now() - 30 * dayMs),
      notAfter: new Date(Date.now() - dayMs),
    }),
  },
};
const origins = new Map<string, RawOrigin>();
let core: CoreProcess;

beforeAll(async () => {
  for (const [name, { identity }] of Object.entries(bad)) {
    origins.set(name, stage.opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } })));
  }
  core = await stage.startCore({
    dial: Object.fromEntries([...origins].map(([name, origin]) => [name, origin.port])),
    config: { intercept: { hosts: ["default", ...Object.keys(bad)] } },
  });
});
afterAll(() => stage.close());

async function ask(through: CoreProcess, name: string): Promise<string> {
  const socket = await tlsThrough(through, name, { alpn: ["http/1.1"] });
  socket.write(
    `POST /v1/secret HTTP/1.1\r\nHost: ${name}\r\nx-api-key: sk-test\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody`,
  );
  return (await readToEnd(socket)).bytes.toString();
}

function bytesSeen(origin: RawOrigin | undefined): number {
  if (origin === undefined) throw new Error("no such origin");
  return origin.connections.reduce((total, connection) => total + connection.received().length, 0);
}

describe("an origin that cannot be trusted", () => {
  it.each(Object.entries(bad).map(([name, { why }]) => [why, name]))(
    "%s: 502 with the reason, and it sees nothing",
    async (_why, name) => {
      const reply = await ask(core, name);
      expect(reply).toMatch(/^HTTP\/1\.1 502 /);
      expect(reply).toMatch(/certificate/i);
      expect(bytesSeen(origins.get(name))).toBe(0);
    },
  );

  it("is not trusted on the word of our own authority either", async () => {
    // Whoever gets hold of our issuing key can make this certificate; it must open nothing towards an upstream.
    const own = ownAuthority(core.home);
    const impostor = stage.opened.add(await startRawOrigin({ tls: { ...issuedBy(own, [host]), alpn: ["http/1.1"] } }));
    const second = await stage.startCore({ dial: { [host]: impostor.port }, certsFrom: core.home });
    const reply = await ask(second, host);
    expect(reply).toMatch(/^HTTP\/1\.1 502 /);
    expect(bytesSeen(impostor)).toBe(0);
  });

  it("verifies whatever the environment says of verifying", async () => {
    const strange = stage.opened.add(await startRawOrigin({ tls: { ...selfSigned([host]), alpn: ["http/1.1"] } }));
    const switchedOff = await stage.startCore({
      dial: { [host]: strange.port },
      env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    });
    expect(await ask(switchedOff, host)).toMatch(/^HTTP\/1\.1 502 /);
    expect(bytesSeen(strange)).toBe(0);
  });

  it("answers an HTTP/2 client the same way", async () => {
    // The origin offers HTTP/1.1 only, so there may be no HTTP/2 session to ask over; then nothing can leak either.
    const over = await h2Through(core, host, { alpn: ["h2"] }).catch(() => null);
    expect([502, "no session"]).toContain(over === null ? "no session" : await statusOf(over));
    expect(bytesSeen(origins.get(host))).toBe(0);
  });
});

async function statusOf(over: ClientHttp2Session): Promise<unknown> {
  const stream = over.request({ ":path": "/v1/secret" });
  stream.on("error", () => {});
  const replied = new Promise<unknown>((resolve) => stream.once("response", (head) => resolve(head[":status"])));
  const status = await within("a reply", replied);
  over.destroy();
  return status;
}

/** The issuing certificate and key, wherever in the folder they are kept. */
function ownAuthority(home: string): { readonly key: string; readonly chain: string } {
  const files = readdirSync(join(home, "certs"), { recursive: true, encoding: "utf8" });
  const texts = files
    .filter((name) => /\.(pem|key|crt)$/.test(name))
    .map((name) => readFileSync(join(home, "certs", name), "utf8"));
  const key = texts
    .map((text) => /-----BEGIN (?:EC )?PRIVATE KEY-----[\s\S]+?-----END (?:EC )?PRIVATE KEY-----/.exec(text)?.[0])
    .find((found) => found !== undefined);
  const chain = texts.flatMap(
    (text) => text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [],
  );
  if (key === undefined || chain.length === 0) throw new Error(`no authority found in ${files.join(", ")}`);
  return { key, chain: chain.join("\n") };
}
