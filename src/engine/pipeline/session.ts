/**
 * Which conversation a call belongs to, as far as its client says: a header of its own, the dialect's key for prompt
 * caches, a user id that names the session, else the conversation's first words. What is kept is a hash, never the words.
 */
import { createHash } from "node:crypto";
import type { ExchangeHead } from "../../base/exchange.ts";
import { headerValue } from "../../base/headers.ts";
import { isRecord, own } from "../../base/json.ts";
import type { JsonObject } from "../formats/format.ts";

/** Headers that name a session: Codex, Claude Code and others (client facts of late 2026), the most exact first. */
const sessionFields = [
  "x-claude-code-session-id",
  "session_id",
  "session-id",
  "x-session-id",
  "conversation_id",
  "x-conversation-id",
  "thread-id",
] as const;

/** Of a first message that is a book, its beginning tells it from others. */
const maxFirstWords = 4_096;

export function sessionOf(head: Pick<ExchangeHead, "client" | "headers">, body: JsonObject): string | null {
  const key = named(head, body) ?? firstWords(body);
  if (key === null) return null;
  return createHash("sha256").update(`${head.client}\n${key}`).digest("base64url").slice(0, 16);
}

function named({ headers }: Pick<ExchangeHead, "headers">, body: JsonObject): string | null {
  for (const field of sessionFields) {
    const value = headerValue(headers, field);
    if (value !== undefined && value !== "") return `${field} ${value}`;
  }
  const metadata = body["metadata"];
  const request = isRecord(body["request"]) ? body["request"] : body;
  const conversation = body["conversation"];
  for (const value of [
    body["prompt_cache_key"],
    isRecord(conversation) ? conversation["id"] : conversation,
    own(metadata, "session_id"),
    // Claude Code: `user_…_account_…_session_…`.
    own(metadata, "user_id"),
    request["session_id"],
    request["sessionId"],
    // Kiro.
    own(body["conversationState"], "conversationId"),
  ]) {
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

/** A conversation's first turn stays the same in all its calls; two that begin alike share their prompt cache as well. */
function firstWords(body: JsonObject): string | null {
  const request = isRecord(body["request"]) ? body["request"] : body;
  const turns = body["messages"] ?? body["input"] ?? request["contents"];
  if (typeof turns === "string") return turns.slice(0, maxFirstWords);
  if (!Array.isArray(turns)) return null;
  const first: unknown = turns.find((turn) => own(turn, "role") === "user") ?? turns[0];
  return first === undefined ? null : JSON.stringify(first).slice(0, maxFirstWords);
}
