/** What the words behind `is:`, `has:` and `action:` ask. */
import type { HasWord, IsWord, WordKey } from "./keys.ts";
import { type FilterFlow, isLive } from "./subject.ts";

type Test = (flow: FilterFlow) => boolean;

const is: Readonly<Record<IsWord, Test>> = {
  live: isLive,
  streaming: ({ state }) => state === "streaming",
  done: ({ state }) => state === "done",
  ok: ({ state, status }) => state === "done" && status !== null && status < 400,
  error: isError,
  failed: ({ state }) => state === "failed",
  truncated: ({ state }) => state === "truncated",
  retried: ({ attempts }) => attempts.length > 1,
  limited: ({ status, attempts }) => status === 429 || attempts.some((attempt) => attempt.status === 429),
  lossy: ({ losses }) => losses.length > 0,
  tunnel: ({ action }) => action === "tunnel",
  passthrough: ({ action, refusal }) => action === "passthrough" && !isThere(refusal),
  rerouted: ({ action }) => action === "reroute",
  bypass: ({ action }) => action === "bypass",
  blocked: ({ action }) => action === "block",
  translated: ({ formats }) =>
    formats.client !== null && formats.upstream !== null && formats.client !== formats.upstream,
  cached: ({ usage }) => usage !== null && usage.cacheRead > 0,
  estimated: ({ usage }) => usage !== null && usage.estimated,
  websocket: ({ protocol }) => protocol === "websocket",
  refused: ({ refusal }) => isThere(refusal),
};

const has: Readonly<Record<HasWord, Test>> = {
  reply: ({ status }) => status !== null,
  error: ({ error, refusal }) => isThere(error) || isThere(refusal),
  model: ({ model }) => model.asked !== null || model.served !== null,
  usage: ({ usage }) => usage !== null,
  cost: ({ costUsd }) => isThere(costUsd),
  session: ({ session }) => isThere(session),
  combo: ({ combo }) => isThere(combo),
  account: ({ account }) => account !== null,
  attempt: ({ attempts }) => attempts.length > 0,
  loss: ({ losses }) => losses.length > 0,
};

export function wordTest(key: WordKey, word: string): Test {
  if (key === "action") return ({ action }) => action === word;
  const table: Readonly<Record<string, Test>> = key === "is" ? is : has;
  // The parser lets pass only what the tables of words have.
  return table[word] ?? (() => false);
}

/** What the screen counts as an error. */
function isError({ state, status, error, refusal }: FilterFlow): boolean {
  const isBroken = state === "failed" || state === "truncated" || isThere(refusal) || isThere(error);
  return isBroken || (status !== null && status >= 400);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}
