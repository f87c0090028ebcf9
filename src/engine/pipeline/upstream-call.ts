/**
 * The request that goes to a provider. Two lanes: `lossless` where client and provider speak the same dialect (bytes
 * left alone but for the model's name), `translated` where they do not (through the hub).
 */
import { connectionBound, headerList } from "../../base/headers.ts";
import type { Exchange } from "../../base/exchange.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { isRecord, parseJson } from "../../base/json.ts";
import type { SystemPrompt } from "../config/schema.ts";
import type { JsonObject, Operation, ProviderRequest } from "../formats/format.ts";
import type { HubRequest, Thinking } from "../hub/request.ts";
import type { Provider } from "../providers/provider.ts";
import type { ClientCall } from "./read-client.ts";
import { spliceModel } from "./splice-model.ts";

export interface UpstreamCall {
  /** As the dialect has it, query included; the provider says where that is with it. */
  readonly path: string;
  /** Without host, length and credential: `send.ts` adds those. */
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
  /** The body goes on after these bytes. */
  readonly staysOpen?: true;
}

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

/** What is to be different in a body that otherwise keeps its bytes. */
export interface LosslessChanges {
  readonly systemPrompt: SystemPrompt | null;
  /** The wish to think instead of the client's own (null: none at all), and why; null leaves it. */
  readonly thinking: { readonly wish: Thinking | null; readonly why: string } | null;
  readonly withoutBlobs: boolean;
}

export interface LosslessCall {
  readonly upstream: UpstreamCall;
  /** What the settings changed in the body, in words; empty where the bytes are the client's. */
  readonly changed: readonly string[];
}

export const systemPromptSaid = "the system prompt of settings.system_prompt was put in";

export function losslessCall(
  exchange: Exchange,
  call: ClientCall,
  provider: Provider,
  model: string,
  changes: LosslessChanges,
): LosslessCall {
  const { format } = call;
  const { body, changed } = losslessBody(call, provider, model, changes);
  const isNamed = format.namesModelInTarget === true || format.withInnerModel?.(call.value, model) != null;
  return {
    upstream: {
      path: withoutKeys(format.callTarget(call.target, model)),
      headers: withBodyHeaders(
        withMissing(keptHeaders(exchange), provider.usualHeaders ?? []),
        exchange,
        provider,
        call.value,
      ),
      body: isNamed ? body : spliceModel(body, model),
    },
    changed,
  };
}

/** The client's own, without what belongs to its connection, to the provider it meant, or to the body as it was sent. */
function keptHeaders({ headers }: Exchange): HeaderPairs {
  const bound = connectionBound(headers);
  return headers.filter(([name]) => {
    const field = name.toLowerCase();
    return !bound.has(field) && !credentialFields.has(field) && !framingFields.has(field);
  });
}

interface LosslessBody {
  readonly body: Uint8Array;
  readonly changed: readonly string[];
}

/** The client's own bytes wherever nothing has to change in them. */
function losslessBody(call: ClientCall, provider: Provider, model: string, changes: LosslessChanges): LosslessBody {
  const { format } = call;
  const bytes = format.withoutOwnMarks(call.body, model) ?? call.body;
  const asksChange = changes.systemPrompt !== null || changes.thinking !== null || changes.withoutBlobs;
  const isAsIs = provider.ownFields === undefined && provider.amendBody === undefined;
  if (!asksChange && isAsIs && format.withInnerModel === undefined) return { body: bytes, changed: [] };
  const parsed = bytes === call.body ? call.value : parsedObject(bytes);
  const inner = format.withInnerModel?.(parsed, model) ?? null;
  // How a wish is said depends on the model that is asked, not on the one the client named.
  const before = format.namesModelInTarget === true || inner !== null ? parsed : { ...parsed, model };
  const changed: string[] = [];
  let value: JsonObject = inner ?? before;
  const edit = (edited: JsonObject, why: string | null): void => {
    if (edited !== value && why !== null) changed.push(why);
    value = edited;
  };
  // What a remedy takes out, the flow has heard of.
  if (changes.withoutBlobs) edit(format.edits.withoutBlobs(value, model), null);
  const { thinking } = changes;
  if (thinking !== null) edit(format.edits.thinking(value, thinking.wish, model), thinking.why);
  if (changes.systemPrompt !== null) edit(format.edits.systemPrompt(value, changes.systemPrompt), systemPromptSaid);
  edit(withOwnFields(value, provider, call.operation), null);
  if (provider.amendBody !== undefined) edit(provider.amendBody(value), null);
  return { body: value === before ? bytes : Buffer.from(JSON.stringify(value)), changed };
}

/** Calls that ask for no reply have fewer fields: there, only what the client said is said anew. */
function withOwnFields(body: JsonObject, { ownFields = {} }: Provider, operation: Operation): JsonObject {
  const fields = Object.entries(ownFields).filter(
    ([name, field]) => body[name] !== field && (operation === "reply" || Object.hasOwn(body, name)),
  );
  return fields.length === 0 ? body : { ...body, ...Object.fromEntries(fields) };
}

/** `bytes` were written by us as a JSON object. */
function parsedObject(bytes: Uint8Array): JsonObject {
  const parsed = parseJson(Buffer.from(bytes).toString("utf8"));
  return parsed.ok && isRecord(parsed.value) ? parsed.value : {};
}

/** Headers that go with the body, in the client's own words where it has any. */
function withBodyHeaders(headers: HeaderPairs, exchange: Exchange, provider: Provider, body: JsonObject): HeaderPairs {
  const wanted = provider.bodyHeaders?.(body) ?? [];
  if (wanted.length === 0) return headers;
  const client = named(
    exchange.headers,
    wanted.map(([name]) => name),
  );
  return withMissing(withMissing(headers, client), wanted);
}

export function translatedCall(
  exchange: Exchange,
  call: ClientCall,
  request: HubRequest,
  { path, headers, body, staysOpen }: ProviderRequest,
  provider: Provider,
): UpstreamCall {
  // Written anew for a provider of the client's own dialect: what the client's headers ask for still holds.
  const isOwnDialect = provider.format === call.format.id && call.reads === call.format;
  const client = isOwnDialect ? keptHeaders(exchange) : withoutMachine(named(exchange.headers, ["user-agent"]));
  const usual: HeaderPairs = [
    ["content-type", "application/json"],
    ["accept", request.stream ? "text/event-stream" : "application/json"],
  ];
  const betas = headerList(client, betaField);
  const written: HeaderPairs =
    betas === undefined
      ? headers
      : headers.map(([name, value]) => [name, name === betaField ? joinedLists(betas, value) : value]);
  const all = withMissing(withMissing(written, usual), client);
  const parsed = provider.amendBody === undefined && provider.bodyHeaders === undefined ? {} : parsedObject(body);
  const amended = provider.amendBody?.(parsed) ?? parsed;
  return {
    path,
    headers: provider.bodyHeaders === undefined ? all : withBodyHeaders(all, exchange, provider, amended),
    body: amended === parsed ? body : Buffer.from(JSON.stringify(amended)),
    ...(staysOpen === undefined ? {} : { staysOpen }),
  };
}

/** Kiro's clients end their name with a hash of the machine (2026): for Kiro to know, and for no other provider. */
function withoutMachine(headers: HeaderPairs): HeaderPairs {
  return headers.map(([name, value]) => [name, value.replaceAll(/-[0-9a-f]{64}(?![0-9a-f])/gi, "")]);
}

/** A list: what the client asks for and what we need hold both. */
export const betaField = "anthropic-beta";

function named(headers: HeaderPairs, fields: readonly string[]): HeaderPairs {
  return headers.filter(([name]) => fields.includes(name.toLowerCase()));
}

/** The first ones, and of the second ones those whose fields are not there yet. */
function withMissing(headers: HeaderPairs, more: HeaderPairs): HeaderPairs {
  const present = new Set(headers.map(([name]) => name.toLowerCase()));
  return [...headers, ...more.filter(([name]) => !present.has(name.toLowerCase()))];
}

/** Both lists as one, each word once. */
export function joinedLists(left: string, right: string): string {
  return [...new Set(`${left},${right}`.split(",").map((word) => word.trim()))].join(",");
}

/** Keys that clients put into the query stay behind like those in headers. */
function withoutKeys(target: string): string {
  const mark = target.indexOf("?");
  if (mark < 0) return target;
  const kept = target
    .slice(mark + 1)
    .split("&")
    .filter((pair) => !credentialQuery.some((name) => pair.toLowerCase().startsWith(`${name}=`)));
  const query = kept.filter((pair) => pair !== "").join("&");
  return query === "" ? target.slice(0, mark) : `${target.slice(0, mark)}?${query}`;
}
