/** CA-8, T24: an upstream that cannot show who it is, or speaks a TLS of old, hears not a byte of a request. */
import type { AddressInfo } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { openApi } from "../../support/api.ts";
import { createFakeCa, selfSigned, type FakeCa, type Identity } from "../../support/fake-ca.ts";
import { createOpened } from "../../support/opened.ts";
import { h2Through, readToEnd, tlsThrough } from "../../support/proxy-clients.ts";
import { within } from "../../support/wait.ts";
import type { BoardCase } from "../board/case.ts";
import { inTurns } from "../board/in-turns.ts";
import { startSubject, type Subject } from "../board/subjects.ts";
import { forge, issuerFrom } from "../drill/forge.ts";

const dayMs = 86_400_000;
const canary = "sk-canary-0123456789abcdef";

interface Bad {
  readonly what: string;
  /** A provider's host, which is intercepted. */
  readonly host: string;
  readonly options: (
    host: string,
    ca: FakeCa,
    stranger: FakeCa,
  ) => Identity & Pick<TlsOptions, "maxVersion" | "ciphers">;
  /** Its certificate is made with the authority of who is tried, as soon as that is known. */
  readonly byTheProxy?: true;
}

const forged = (ca: FakeCa, host: string, weak: "sha1" | "rsa1024"): Identity => {
  const { certPem: cert, keyPem: key } = forge(issuerFrom({ key: ca.key, chain: ca.cert }), { names: [host], weak });
  return { cert, key };
};
const old = (maxVersion: "TLSv1" | "TLSv1.1") => (host: string, ca: FakeCa) =>
  ({ ...ca.issue([host]), maxVersion, ciphers: "DEFAULT:@SECLEVEL=0" }) as const;

const bads: readonly Bad[] = [
  { what: "signed by itself", host: "api.anthropic.com", options: (host) => selfSigned([host]) },
  { what: "signed by a stranger", host: "api.openai.com", options: (host, _, stranger) => stranger.issue([host]) },
  { what: "made out to another", host: "openrouter.ai", options: (_, ca) => ca.issue(["other.example"]) },
  {
    what: "expired",
    host: "api.groq.com",
    options: (host, ca) =>
      ca.issue([host], { notBefore: new Date(Date.now() - 9 * dayMs), notAfter: new Date(Date.now() - dayMs) }),
  },
  {
    what: "not valid yet",
    host: "api.mistral.ai",
    options: (host, ca) =>
      ca.issue([host], { notBefore: new Date(Date.now() + dayMs), notAfter: new Date(Date.now() + 9 * dayMs) }),
  },
  {
    what: "signed by the proxy's own authority",
    host: "api.deepseek.com",
    options: (host) => selfSigned([host]),
    byTheProxy: true,
  },
  {
    what: "signed over SHA-1",
    host: "api.moonshot.ai",
    options: (host, ca) => ({ ...forged(ca, host, "sha1"), ciphers: "DEFAULT:@SECLEVEL=0" }),
  },
  {
    what: "of a 1024-bit key",
    host: "api.z.ai",
    options: (host, ca) => ({ ...forged(ca, host, "rsa1024"), ciphers: "DEFAULT:@SECLEVEL=0" }),
  },
  { what: "in order, over TLS 1.0", host: "api.kimi.com", options: old("TLSv1") },
  { what: "in order, over TLS 1.1", host: "api.minimax.io", options: old("TLSv1.1") },
];

const body = (model: string): string =>
  JSON.stringify({ model, max_tokens: 9, messages: [{ role: "user", content: "hello" }] });

const ways: Readonly<Record<string, (subject: Subject, bad: Bad, index: number) => Promise<string>>> = {
  "HTTP/1.1": (subject, { host }) => ask1(subject, host, "m"),
  "an upgrade": (subject, { host }) =>
    send1(
      subject,
      host,
      `GET / HTTP/1.1\r\nHost: ${authority(subject, host)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    ),
  "HTTP/2": (subject, { host }) => ask2(subject, host),
};
const ownWays: typeof ways = {
  ...ways,
  // The host is another one, which a rule leads away from.
  rerouted: (subject, _, index) => ask1(subject, "api.fireworks.ai", `away-${index}`),
  "the gateway": async ({ core }, _, index) => {
    if (core === null) throw new Error("only Switchyard has one");
    const api = await openApi(core.home);
    const path = `/v1/providers/bad-${index}/chat/completions`;
    return String((await api.keyed(path, { body: JSON.parse(body("m")) as object })).status);
  },
};

export const upstreamCertificates: BoardCase = {
  id: "S19",
  title: "CA-8, T24: upstreams with a bad certificate or an old TLS that hear a byte of a request",
  aim: "0",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "with NODE_TLS_REJECT_UNAUTHORIZED=0 in everybody's environment, which switches the checks of Node programs off that do not insist. Over HTTP/1.1, as an upgrade and over HTTP/2; Switchyard also where a rule leads elsewhere and through its gateway.",
  async run({ subject: name }) {
    const opened = createOpened();
    try {
      const ca = opened.add(createFakeCa());
      const stranger = opened.add(createFakeCa("Somebody else's root"));
      const origins: BadOrigin[] = [];
      for (const { host, options } of bads) origins.push(opened.add(await startBadOrigin(options(host, ca, stranger))));
      const subject = opened.add(
        await startSubject(name, {
          ca,
          origins: Object.fromEntries(bads.map(({ host }, index) => [host, origins[index]?.port ?? 0])),
          env: { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" },
          core: { config: config() },
        }),
      );
      const own = issuerFrom(subject.authority());
      for (const [index, { host, byTheProxy }] of bads.entries()) {
        if (byTheProxy !== true) continue;
        const { chain: cert, keyPem: key } = forge(own, { names: [host] });
        origins[index]?.show({ cert, key });
      }
      const details: string[] = [];
      const chosen = Object.entries(name === "switchyard" ? ownWays : ways);
      await inTurns([...bads.entries()], 4, async ([index, bad]) => {
        for (const [way, ask] of chosen) {
          const before = origins[index]?.bytes() ?? 0;
          const status = await ask(subject, bad, index).catch((error: unknown) => `none: ${String(error)}`);
          const heard = (origins[index]?.bytes() ?? 0) - before;
          if (heard > 0) details.push(`${bad.what}, ${way}: ${heard} bytes were sent`);
          // A client of ours is told why; peers may tell it as they like.
          else if (name === "switchyard" && !/^50[0-9]$|^none: .*(?:closed|reset|hang)/.test(status)) {
            details.push(`${bad.what}, ${way}: answered ${status}`);
          }
        }
      });
      const heard = details.filter((line) => line.endsWith("were sent")).length;
      const reached = origins.reduce((sum, origin) => sum + origin.attempts(), 0);
      return {
        figure: `${heard} of ${bads.length * chosen.length} (${bads.length} upstreams × ${chosen.length} ways)`,
        kept: details.length === 0 && reached >= bads.length,
        details: [...details, ...(reached < bads.length ? [`only ${reached} connections reached an upstream`] : [])],
      };
    } finally {
      await opened.closeAll();
    }
  },
};

function config(): Readonly<Record<string, unknown>> {
  const ids = bads.map((_, index) => `bad-${index}`);
  return {
    providers: Object.fromEntries(
      bads.map(({ host }, index) => [
        ids[index],
        { type: "openai-compatible", endpoint: `https://${host}/v1`, auth_type: "api_key", models: [{ name: "m" }] },
      ]),
    ),
    accounts: ids.map((provider) => ({ provider, name: "key", api_key: canary })),
    routes: ids.map((id, index) => ({ match: { model: `away-${index}` }, to: `${id}/m` })),
  };
}

async function ask1(subject: Subject, host: string, model: string): Promise<string> {
  const text = body(model);
  const head = [
    "POST /v1/messages HTTP/1.1",
    `Host: ${authority(subject, host)}`,
    `x-api-key: ${canary}`,
    "anthropic-version: 2023-06-01",
  ];
  const more = ["Content-Type: application/json", `Content-Length: ${text.length}`, "Connection: close", "", text];
  return send1(subject, host, [...head, ...more].join("\r\n"));
}

async function send1(subject: Subject, host: string, bytes: string): Promise<string> {
  const socket = await tlsThrough(subject, host, { alpn: ["http/1.1"], port: portOf(subject, host) });
  socket.write(bytes);
  const reply = (await readToEnd(socket)).bytes.toString("latin1");
  return /^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? "none: closed";
}

const portOf = (subject: Subject, host: string): number => (subject.core === null ? subject.portFor(host) : 443);

/** The peers dial what `Host` says. */
const authority = (subject: Subject, host: string): string =>
  subject.core === null ? `${host}:${subject.portFor(host)}` : host;

async function ask2(subject: Subject, host: string): Promise<string> {
  const session = await h2Through(subject, host, { alpn: ["h2"], port: subject.portFor(host) });
  try {
    const stream = session.request({
      ":path": "/v1/messages",
      ":method": "POST",
      ":authority": authority(subject, host),
      authorization: `Bearer ${canary}`,
    });
    stream.end(body("m"));
    const status = new Promise<string>((resolve) => {
      stream.once("response", (head) => resolve(String(head[":status"])));
      stream.once("error", () => resolve("none: reset"));
      stream.once("close", () => resolve("none: closed"));
    });
    return await within("a reply over HTTP/2", status);
  } finally {
    session.destroy();
  }
}

interface BadOrigin {
  readonly port: number;
  /** Decrypted bytes it was sent. */
  bytes(): number;
  attempts(): number;
  show(identity: Identity): void;
  close(): Promise<void>;
}

async function startBadOrigin(options: TlsOptions): Promise<BadOrigin> {
  let bytes = 0;
  let attempts = 0;
  const server = createServer({ ...options, minVersion: "TLSv1", ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      socket.destroy();
    });
  });
  server.on("connection", () => (attempts += 1));
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    bytes: () => bytes,
    attempts: () => attempts,
    show: (identity) => server.setSecureContext({ ...identity, minVersion: "TLSv1" }),
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
