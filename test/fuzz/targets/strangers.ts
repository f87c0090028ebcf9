/** What services, files and recordings of others say: login services, quota headers, ledgers, exports, other programs' logins. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { exportFormats } from "../../../src/base/controls-flows.ts";
import type { FlowSide } from "../../../src/base/flow.ts";
import { bodyOf, type HeaderPairs } from "../../../src/base/http.ts";
import { safeLine, safeText } from "../../../src/base/safe-text.ts";
import { Secret } from "../../../src/base/secret.ts";
import { canaries, recorded } from "../../../src/control/export/__fixtures__/recorded.ts";
import * as files from "../../../src/engine/accounts/import/__fixtures__/client-files.ts";
import { createClientLogins } from "../../../src/engine/accounts/import/client-logins.ts";
import { createRefresh } from "../../../src/engine/accounts/oauth/refresh.ts";
import { serviceIds } from "../../../src/engine/accounts/oauth/services.ts";
import { clientLogins, providerTypes } from "../../../src/engine/config/schema.ts";
import { readQuotaHeaders } from "../../../src/engine/quota/headers.ts";
import { decodeLine, encodeLine, maxLineBytes } from "../../../src/engine/usage/line.ts";
import { tempFolder } from "../../support/temp.ts";
import { naughtyTexts } from "../corpus.ts";
import { mutated, mutation } from "../bytes.ts";
import { must, type FuzzTarget } from "../target.ts";

const canary = "rt-canary-0123456789abcdef";
const now = 1_764_000_000_000;
const clock = { now: () => now, monotonic: () => now };

const text = fc.oneof(fc.constantFrom(...naughtyTexts), fc.string({ unit: "binary", maxLength: 60 }));
const scalar = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(canary));

/** An object with these keys, of which some are missing and some hold anything. */
function anyOf(keys: string): fc.Arbitrary<Record<string, unknown>> {
  const key = fc.constantFrom(...keys.split(" "), "__proto__", "constructor");
  const inner = fc.dictionary(key, scalar, { maxKeys: 5, noNullPrototype: true });
  return fc.dictionary(key, fc.oneof({ weight: 4, arbitrary: scalar }, inner, fc.array(scalar, { maxLength: 3 })), {
    maxKeys: 9,
    noNullPrototype: true,
  });
}

const tokenReply = anyOf(
  "access_token refresh_token id_token token_type expires_in scope error error_description error_uri message success " +
    "token expires_at refresh_in endpoints accessToken refreshToken expiresIn profileArn account organization code data",
);

const quotaName = fc.oneof(
  fc.constantFrom(
    ...(
      "anthropic-ratelimit-unified-5h-utilization anthropic-ratelimit-unified-status anthropic-ratelimit-unified-reset " +
      "anthropic-ratelimit-requests-limit anthropic-ratelimit-tokens-remaining anthropic-ratelimit-tokens-reset " +
      "x-ratelimit-limit-requests x-ratelimit-remaining-tokens x-ratelimit-reset-requests x-ratelimit-reset " +
      "x-codex-primary-used-percent x-codex-primary-window-minutes x-codex-primary-reset-after-seconds x-codex-plan-type " +
      "x-quota-snapshot-chat x-quota-snapshot-premium_interactions x-usage-ratelimit-session X-RateLimit-__proto__"
    ).split(" "),
  ),
  fc.string({ maxLength: 20 }).map((end) => `x-ratelimit-${end}`),
);
const quotaValue = fc.oneof(
  text,
  fc.double().map(String),
  fc.constantFrom(
    "1e400",
    "-1",
    "NaN",
    "6m0s",
    "1h99999999999m",
    "2026-11-22T00:00:00Z",
    "9".repeat(40),
    "ent=-1&rem=NaN",
  ),
);

const isNumberOrNull = (value: number | null): boolean => value === null || Number.isFinite(value);

const ledgerLine = encodeLine({
  at: now,
  flow: "f",
  client: "claude-code",
  session: "s",
  provider: "p",
  account: null,
  model: "m",
  action: "reroute",
  usage: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, reasoning: 5, estimated: false },
  costUsd: 0.5,
  cacheSavedUsd: null,
  ok: true,
  ms: 12,
});

const named = fc.tuple(
  fc.constantFrom(
    "content-type",
    "content-encoding",
    "cookie",
    "set-cookie",
    "authorization",
    "x'y",
    "accept-encoding",
  ),
  // As a head is read: one character for each byte.
  fc.oneof(
    text.map((one) => Buffer.from(one).toString("latin1")),
    fc.constantFrom("gzip", "br, gzip", "application/json", "a=b; c"),
  ),
);
/** Where keys stand. What they look like says nothing; where they stand does. */
const keyed = fc.constantFrom(
  ["authorization", `Bearer ${canaries[0] ?? ""}`] as const,
  ["cookie", `a=${canaries[0] ?? ""}`] as const,
);
const headers: fc.Arbitrary<HeaderPairs> = fc.array(fc.oneof({ weight: 4, arbitrary: named }, keyed), { maxLength: 6 });
const side = fc.constantFrom<FlowSide>("client-request", "client-reply", "upstream-request", "upstream-reply");

const home = tempFolder("fuzz");
process.once("exit", () => home.close());

const loginFile = fc.constantFrom(
  ...Object.values(files)
    .filter((one) => typeof one === "object")
    .map((one) => JSON.stringify(one)),
);

export const strangers: readonly FuzzTarget[] = [
  {
    name: "oauth-reply",
    promise: "login services: any answer to a renewal is tokens or a refusal in words, which never hold the token",
    property: fc.asyncProperty(
      fc.constantFrom(...serviceIds),
      fc.constantFrom(200, 200, 201, 204, 301, 400, 401, 403, 429, 500, 503),
      fc.oneof(
        { weight: 4, arbitrary: tokenReply.map((body) => JSON.stringify(body)) },
        fc
          .tuple(tokenReply, fc.array(mutation, { maxLength: 3 }))
          .map(([body, all]) => mutated(Buffer.from(JSON.stringify(body)), all).toString("latin1")),
        text,
      ),
      fc.constantFrom("1", "-1", "99999999999", "soon", ""),
      async (service, status, body, retryAfter) => {
        const refresh = createRefresh({
          clock,
          // Pauses are over at once, and the deadline never comes.
          after(ms, run) {
            if (ms < 30_000) queueMicrotask(run);
            return () => undefined;
          },
          oauth: () => ({ config: { [service]: { clientSecret: new Secret("made-up-secret") } }, file: {} }),
          send: (request) => {
            void request.body;
            const said: HeaderPairs = [
              ["content-type", "application/json"],
              ["retry-after", retryAfter],
            ];
            return Promise.resolve({ status, headers: said, body: bodyOf(body) });
          },
        });
        const extra = {
          clientId: new Secret("id"),
          clientSecret: new Secret("secret"),
          githubToken: new Secret(canary),
        };
        const result = await refresh(service, { refreshToken: new Secret(canary), extra, facts: {} });
        if (result.ok) return must(result.tokens.accessToken.reveal() !== "", "an empty token");
        must(result.message !== "" && !result.message.includes("broke off"), result.message);
        must(!result.message.includes(canary), "the refusal quotes the token");
        must(safeLine(result.message) === result.message, `the refusal would command a terminal: ${result.message}`);
      },
    ),
    share: 0.5,
  },
  {
    name: "quota-headers",
    promise: "quota: any headers of any provider are finite figures, or nothing",
    property: fc.property(
      fc.constantFrom(...providerTypes),
      fc.array(fc.tuple(quotaName, quotaValue), { maxLength: 12 }),
      (type, fields) => {
        for (const window of readQuotaHeaders({ type, model: "m" }, fields, now) ?? []) {
          const { limit, remaining, usedPercent, resetAt } = window;
          must([limit, remaining, usedPercent, resetAt].every(isNumberOrNull), JSON.stringify(window));
          must(usedPercent === null || (usedPercent >= 0 && usedPercent <= 100), `${usedPercent} % used`);
          must(resetAt === null || Math.abs(resetAt) <= 8.64e15, `a reset at ${resetAt}`);
        }
      },
    ),
  },
  {
    name: "ledger-line",
    promise: "the usage ledger: a damaged line is a line or nothing, and what is a line is written again as itself",
    property: fc.property(fc.array(mutation, { maxLength: 3 }), text, (mutations, model) => {
      const damaged = mutated(Buffer.from(ledgerLine.replace('"m"', JSON.stringify(model))), mutations).toString();
      const read = decodeLine(damaged);
      if (read === null) return;
      const written = encodeLine(read);
      must(/^[^\n]*\n$/.test(written), "not one line");
      must(Buffer.byteLength(written) <= maxLineBytes, `${Buffer.byteLength(written)} bytes`);
      must(encodeLine(decodeLine(written) ?? read) === written, "written twice, it differs");
    }),
  },
  {
    name: "export",
    promise: "exports: any flow gives HAR, jsonl and curl that can be read, that command no terminal and tell no key",
    property: fc.asyncProperty(
      fc.constantFrom(...exportFormats),
      fc.array(fc.tuple(side, text, headers, fc.oneof(text, fc.json(), fc.constant(`k=${canaries[2] ?? ""}`))), {
        maxLength: 5,
      }),
      fc.boolean(),
      async (format, spoken, ends) => {
        const bench = recorded();
        const flow = bench.open();
        for (const [where, line, fields, body] of spoken) {
          const first = where.endsWith("reply")
            ? "200"
            : `POST /v1/${encodeURIComponent(Buffer.from(line).toString())}`;
          flow.head(where, { line: first, headers: fields });
          flow.chunk(where, Buffer.from(body));
        }
        if (ends) flow.tell({ type: "ended", state: "done" });
        const { text: out } = await bench.export({ format });
        must(!canaries.some((one) => out.includes(one)), "a key is told");
        if (format === "curl") must(safeText(out) === out, "it would command a terminal");
        else for (const one of format === "har" ? [out] : out.split("\n").filter(Boolean)) JSON.parse(one);
      },
    ),
    share: 0.2,
  },
  {
    name: "client-login",
    promise: "other programs' logins: any file gives a token that fits a header, or words that do not quote it",
    property: fc.asyncProperty(
      fc.constantFrom(...clientLogins),
      loginFile,
      fc.array(mutation, { maxLength: 4 }),
      async (client, file, mutations) => {
        const path = home.file("login.json", mutated(Buffer.from(file), mutations));
        const surroundings = {
          env: {},
          home: home.path,
          platform: "linux",
          run: () => Promise.resolve(null),
          openDatabase: null,
        } as const;
        const read = await createClientLogins({ surroundings, clock }).read(client, path, true);
        if (!read.ok) {
          must(read.reason !== "" && read.fix !== "", "refused without a word");
          return must(!/canary/.test(read.reason + read.fix), "the refusal quotes the file");
        }
        must(/^[\x21-\x7e]+$/.test(read.credential.secret.reveal()), "a token that fits no header");
        must(isNumberOrNull(read.expiresAt), `it ends at ${read.expiresAt}`);
        for (const fact of Object.values(read.credential.facts)) {
          must(typeof fact !== "string" || !/\p{Cc}/u.test(fact), "a control character in a fact");
        }
        must(isDeepStrictEqual(Object.keys(Object.prototype), []), "the prototype of all objects has changed");
      },
    ),
    share: 0.2,
  },
];
