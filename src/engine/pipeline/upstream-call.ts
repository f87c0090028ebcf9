/**
 * The request that goes to a provider. Two lanes: `lossless` where client and provider speak the same dialect (bytes
 * left alone but for the model's name), `translated` where they do not (through the hub).
 */
import { connectionBound } from "../../base/headers.ts";
import type { Exchange } from "../../base/exchange.ts";
import type { HeaderPairs } from "../../base/http.ts";
import type { FormatId, ProviderRequest, Result } from "../formats/format.ts";
import type { HubRequest } from "../hub/request.ts";
import type { Provider } from "../providers/provider.ts";
import type { ClientCall } from "./read-client.ts";
import { spliceModel } from "./splice-model.ts";

export interface UpstreamCall {
  readonly target: string;
  /** Without host, length and credential: `send.ts` adds those. */
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

/** Where each dialect's calls go below a base URL; `count` asks how large a request is. */
const callPaths = {
  claude: { reply: "/v1/messages", count: "/v1/messages/count_tokens" },
  "openai-chat": { reply: "/v1/chat/completions", count: null },
} as const satisfies Record<FormatId, { readonly reply: string; readonly count: string | null }>;

/** What proves who the client is. It belongs to the provider the client meant and goes to no other. */
const credentialFields: ReadonlySet<string> = new Set([
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "x-goog-user-project",
  "cookie",
  "proxy-authorization",
  "openai-organization",
  "openai-project",
  "chatgpt-account-id",
]);

/** About the body as it was framed and packed for us; `send.ts` says it anew. */
const framingFields: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "content-encoding",
  "accept-encoding",
  "expect",
  "trailer",
]);

/** Query fields that some providers take a key in. */
const credentialQuery = ["key", "api_key", "api-key", "access_token"] as const;

export function losslessCall(exchange: Exchange, call: ClientCall, provider: Provider, model: string): UpstreamCall {
  const bound = connectionBound(exchange.headers);
  const paths = callPaths[provider.format];
  const path = call.asksCount ? (paths.count ?? paths.reply) : paths.reply;
  return {
    target: provider.target(path + withoutKeys(call.query)),
    headers: exchange.headers.filter(([name]) => {
      const field = name.toLowerCase();
      return !bound.has(field) && !credentialFields.has(field) && !framingFields.has(field);
    }),
    body: spliceModel(call.format.withoutOwnMarks(call.body) ?? call.body, model),
  };
}

export interface TranslatedCall {
  readonly upstream: UpstreamCall;
  readonly written: ProviderRequest;
}

export function translatedCall(
  exchange: Exchange,
  request: HubRequest,
  written: Result<ProviderRequest>,
  provider: Provider,
): Result<TranslatedCall> {
  if (!written.ok) return written;
  const { path, headers, body } = written.value;
  const agent = exchange.headers.filter(([name]) => name.toLowerCase() === "user-agent");
  const accept = request.stream ? "text/event-stream" : "application/json";
  const present = new Set(headers.map(([name]) => name.toLowerCase()));
  const own: HeaderPairs = [
    ["content-type", "application/json"],
    ["accept", accept],
  ];
  return {
    ok: true,
    value: {
      written: written.value,
      upstream: {
        target: provider.target(path),
        headers: [...own.filter(([name]) => !present.has(name)), ...agent, ...headers],
        body,
      },
    },
  };
}

function withoutKeys(query: string): string {
  if (query.length < 2) return "";
  const kept = query
    .slice(1)
    .split("&")
    .filter((pair) => !credentialQuery.some((name) => pair.toLowerCase().startsWith(`${name}=`)));
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}
