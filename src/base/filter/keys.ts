/**
 * What can be asked of a flow: one table that the parser, the help texts and docs/filter.md are made from. The kind of
 * a key says what may stand behind its colon.
 */

/** What a key is about, in its help. */
interface KeyRow {
  /** Other spellings that mean the same. */
  readonly also?: readonly string[];
  readonly meaning: string;
  readonly example: string;
}

/** Looked for in texts of the flow: part of it, `*` glob, `=` the whole of it, `~` pattern. */
export const textKeys = {
  client: { meaning: "the program that called", example: "client:codex" },
  host: { meaning: "the host it called", example: "host:openai" },
  path: { meaning: "path and query", example: "path:/v1/messages" },
  url: { meaning: "host and path in one", example: "url:*/v1/responses*" },
  method: { meaning: "the HTTP method", example: "method:=POST" },
  proto: { also: ["protocol"], meaning: "http/1.1, h2 or websocket", example: "proto:h2" },
  model: { meaning: "the model that was asked for, or the one that served", example: "model:gpt*" },
  up: {
    also: ["upstream"],
    meaning: "the model that a provider was asked for or named in its reply",
    example: "up:~(sonnet|opus)",
  },
  hub: { also: ["format"], meaning: "the wire formats, the client's and the provider's", example: "hub:claude" },
  acct: { also: ["account"], meaning: "the account that served or was tried, as provider/name", example: "acct:kiro" },
  prov: { also: ["provider"], meaning: "the provider that served or was tried", example: "prov:=openrouter" },
  combo: { meaning: "the combo it went through", example: "combo:deep" },
  session: { meaning: "the conversation it belongs to", example: "session:4f2a91" },
  id: { meaning: "its id", example: "id:k3f00042" },
  loss: { also: ["losses"], meaning: "what a translation could not carry", example: "loss:thinking" },
  error: { also: ["err"], meaning: "why it failed, the failed attempts' reasons included", example: "error:timeout" },
  why: { meaning: "the steps that explain where it went", example: 'why:"rule 2"' },
  text: { also: ["any"], meaning: "any of these texts, as a word without a key", example: 'text:~"4\\d\\d"' },
} as const satisfies Readonly<Record<string, KeyRow>>;
export type TextKey = keyof typeof textKeys;

/** Compared: `>= <= > < =`, or nothing, which is "equal as far as it is written". */
export const numberKeys = {
  status: { meaning: "the HTTP status; 5xx for a class", example: "status:>=400" },
  tok: { also: ["tokens"], meaning: "tokens, both ways; k and m are thousands and millions", example: "tok:>50k" },
  in: { also: ["input"], meaning: "tokens of the request, cached ones included", example: "in:>=100k" },
  out: { also: ["output"], meaning: "tokens of the reply", example: "out:<10" },
  cost: { meaning: "US dollars at list price", example: "cost:>0.25" },
  dur: {
    also: ["duration"],
    meaning: "how long it took or has taken so far: ms (also without a unit), s, m, h, d",
    example: "dur:>10s",
  },
  ttft: { meaning: "time to the first token; to the first byte where no token was seen", example: "ttft:>=800ms" },
  age: { meaning: "how long ago it began: ms, s, m, h, d", example: "age:<5m" },
  try: {
    also: ["tries", "attempts"],
    meaning: "attempts at providers, 0 where nothing was rerouted",
    example: "try:>1",
  },
} as const satisfies Readonly<Record<string, KeyRow>>;
export type NumberKey = keyof typeof numberKeys;

/** One word of a fixed list. */
export const wordKeys = {
  is: { meaning: "what became of it, see below", example: "is:error" },
  has: { meaning: "what is known of it, see below", example: "-has:cost" },
  action: { meaning: "tunnel, passthrough, reroute, bypass or block", example: "action:reroute" },
} as const satisfies Readonly<Record<string, KeyRow>>;
export type WordKey = keyof typeof wordKeys;

/** Looked for in what the log keeps of heads and bodies, after everything else has been decided. */
export const contentKeys = {
  body: {
    meaning: "any body, as far as the log kept it; binary ones as they are decoded for the screen",
    example: 'body:"tool_use"',
  },
  rq: { also: ["request"], meaning: "the request's body, the client's or the provider's", example: "rq:cache_control" },
  rs: {
    also: ["reply", "response"],
    meaning: "the reply's body, the provider's or the client's",
    example: "rs:~(overloaded|exhausted)",
  },
  type: { meaning: "a content type, of any side", example: "type:event-stream" },
} as const satisfies Readonly<Record<string, KeyRow>>;
export type ContentKey = keyof typeof contentKeys;

export type FilterKey = TextKey | NumberKey | WordKey | ContentKey;
export type KeyKind = "text" | "number" | "word" | "content";

export interface KnownKey {
  readonly key: FilterKey;
  readonly kind: KeyKind;
  readonly also: readonly string[];
  readonly meaning: string;
  readonly example: string;
}

/** Every key in the order in which help shows them. */
export const knownKeys: readonly KnownKey[] = [
  ...rows("text", textKeys),
  ...rows("number", numberKeys),
  ...rows("word", wordKeys),
  ...rows("content", contentKeys),
];

function rows(kind: KeyKind, table: Readonly<Record<string, KeyRow>>): readonly KnownKey[] {
  // The names of those literal tables are the keys.
  return Object.entries(table).map(([key, row]) => ({ also: [], ...row, key: key as FilterKey, kind }));
}

/** Behind `is:`. The predicates are in `words.ts`; a word without one does not compile. */
export const isWords = {
  live: "not over yet",
  streaming: "the reply is arriving",
  done: "came to its end",
  ok: "came to its end with a status below 400",
  error: "failed, cut, or a status of 400 and more",
  failed: "no reply, or none that could be used",
  truncated: "the reply broke off",
  retried: "more than one attempt",
  limited: "a 429, at last or on the way",
  lossy: "a translation lost something",
  tunnel: "not decrypted",
  passthrough: "passed on as it was",
  rerouted: "sent to a provider by a rule or the gateway",
  bypass: "answered here",
  blocked: "refused by a rule",
  translated: "the two sides speak different formats",
  cached: "some of the input came from the provider's cache",
  estimated: "its figures are estimates",
  websocket: "an upgraded connection",
  refused: "a client that does not trust our certificate (on the screen only)",
} as const;
export type IsWord = keyof typeof isWords;

/** Behind `has:`. */
export const hasWords = {
  reply: "a status",
  error: "a reason for its failure",
  model: "a model",
  usage: "token counts",
  cost: "a cost",
  session: "a conversation",
  combo: "a combo",
  account: "an account",
  attempt: "at least one attempt",
  loss: "something that a translation lost",
} as const;
export type HasWord = keyof typeof hasWords;

export const actionWords = ["tunnel", "passthrough", "reroute", "bypass", "block"] as const;

/** What people also type. */
export const wordSynonyms: Readonly<Record<WordKey, Readonly<Record<string, string>>>> = {
  is: {
    reroute: "rerouted",
    block: "blocked",
    tunnelled: "tunnel",
    stream: "streaming",
    cut: "truncated",
    fail: "failed",
    errors: "error",
    ws: "websocket",
    open: "live",
  },
  has: { losses: "loss", tokens: "usage", status: "reply", attempts: "attempt" },
  action: { rerouted: "reroute", blocked: "block", tunnelled: "tunnel" },
};

/** mitmproxy's operators (docs.mitmproxy.org/stable/concepts/filters, 2026-11), as far as they have a meaning here. */
export const operatorAliases = {
  m: { key: "method", meaning: "method" },
  d: { key: "host", meaning: "domain" },
  u: { key: "url", meaning: "URL" },
  c: { key: "status", meaning: "status code" },
  t: { key: "type", meaning: "content type" },
  b: { key: "body", meaning: "body" },
  bq: { key: "rq", meaning: "request body" },
  bs: { key: "rs", meaning: "reply body" },
  e: { means: "has:error", meaning: "failed without a reply" },
  s: { means: "has:reply", meaning: "has a reply" },
  q: { means: "-has:reply", meaning: "has no reply" },
  a: { means: 'type:~"^(text/css|(text|application)/(x-)?javascript|image/|font/)"', meaning: "an asset" },
} as const satisfies Readonly<
  Record<string, { readonly meaning: string } & ({ readonly key: FilterKey } | { readonly means: string })>
>;
export type OperatorAlias = keyof typeof operatorAliases;
