/**
 * A call of the Claude CLI as the bypass patterns look at it. Null for everything that could be somebody's work: several
 * user messages, a long system prompt, an answer of one token (a probe wants to know whether the provider is there).
 */
import { isRecord, own } from "../../../base/json.ts";
import type { JsonObject } from "../../formats/format.ts";

export interface SmallCall {
  /** The one user message, without the reminders the CLI puts into it. */
  readonly user: string;
  readonly system: string;
  /** What the answer has to go on from; null when there is no such text. */
  readonly prefill: string | null;
  readonly hasTools: boolean;
  /** Names of the fields the answer's JSON must have, where a schema says so. */
  readonly fields: readonly string[] | null;
}

export function readSmallCall(body: JsonObject): SmallCall | null {
  const messages = own(body, "messages");
  if (own(body, "max_tokens") === 1 || !Array.isArray(messages) || messages.length > 2) return null;
  const [first, second]: readonly unknown[] = messages;
  if (own(first, "role") !== "user") return null;
  if (second !== undefined && own(second, "role") !== "assistant") return null;
  const user = textOf(own(first, "content"));
  const prefill = second === undefined ? null : textOf(own(second, "content"));
  // A picture or a tool result in it: no call of the CLI to itself.
  if (user === null || (second !== undefined && prefill === null)) return null;
  const tools = own(body, "tools");
  return {
    user: withoutReminders(user).trim(),
    system: textOf(own(body, "system")) ?? "",
    prefill,
    hasTools: Array.isArray(tools) && tools.length > 0,
    fields: fieldsOf(body),
  };
}

/** A string, or blocks that are all text; null for anything else. */
function textOf(content: unknown): string | null {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return null;
  const texts = content.map((block: unknown) => own(block, "text"));
  return texts.every((text) => typeof text === "string") ? texts.join("\n") : null;
}

const reminderStart = "<system-reminder>";
const reminderEnd = "</system-reminder>";

function withoutReminders(text: string): string {
  let kept = "";
  let at = 0;
  for (;;) {
    const start = text.indexOf(reminderStart, at);
    const end = start < 0 ? -1 : text.indexOf(reminderEnd, start);
    if (end < 0) return kept + text.slice(at);
    kept += text.slice(at, start);
    at = end + reminderEnd.length;
  }
}

function fieldsOf(body: JsonObject): readonly string[] | null {
  const schema = own(own(own(body, "output_config"), "format"), "schema");
  const properties = own(schema, "properties");
  return isRecord(properties) ? Object.keys(properties) : null;
}
