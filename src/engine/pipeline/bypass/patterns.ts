/**
 * The calls that the Claude CLI makes to itself and that need no model: names for conversations, warm-ups, counts. One
 * entry for each wording that was seen; a new version of the CLI gets a new entry, an old one stays for old versions.
 * An entry must be sure of its call: whatever a person could have asked goes to the model.
 */
import type { SmallCall } from "./small-call.ts";
import { titleOf } from "./title.ts";

export interface BypassPattern {
  /** Stable: shown in the flow. */
  readonly name: string;
  /** Where the wording was seen first. */
  readonly since: string;
  test(call: SmallCall): boolean;
  /** The text of the answer. */
  answer(call: SmallCall): string;
}

/** The CLI's prompts for such calls are a few sentences; what an agent is told is far longer. */
const maxSystemChars = 4_000;

const titleRequest = /^Please write a 5[-–]10 word title (?:for )?the following conversation:/;

export const bypassPatterns: readonly BypassPattern[] = [
  {
    name: "topic-naming",
    since: "Claude Code 0.2 (2025-03); with `{` as the answer's beginning since 2.0 (2025-10)",
    test: (call) =>
      isPlain(call) &&
      call.system.includes("isNewTopic") &&
      /\btitle\b/.test(call.system) &&
      hasOnly(call, ["isNewTopic", "title"]),
    answer: (call) => json(call, { isNewTopic: true, title: titleOf(call.user, 3) }),
  },
  {
    name: "title-extraction",
    since: "Claude Code 2.0 (2025-10)",
    test: (call) => isPlain(call) && call.prefill === "{" && /\btitle\b/i.test(call.system) && hasOnly(call, ["title"]),
    answer: (call) => json(call, { title: titleOf(call.user, 6) }),
  },
  {
    name: "session-title",
    since: "Claude Code 2.1 (2026)",
    test: (call) =>
      isPlain(call) &&
      call.system.includes("Generate a concise, sentence-case title") &&
      call.system.includes("JSON") &&
      hasOnly(call, ["title"]),
    answer: (call) => json(call, { title: titleOf(call.user, 6) }),
  },
  {
    name: "conversation-title",
    since: "Claude Code 1.0 (2025-05)",
    test: (call) => isPlain(call) && call.prefill === null && call.fields === null && titleRequest.test(call.user),
    answer: (call) => titleOf(call.user.replace(titleRequest, ""), 7),
  },
  {
    // Every sub-agent of a session is sent this one word to fill the provider's prompt cache, with its tools and its
    // whole system prompt (20,000 tokens and more); nobody reads the answer (seen in 2.0.76, 2025-12).
    name: "warmup",
    since: "Claude Code 2.0 (2025-11)",
    test: (call) => call.prefill === null && call.user === "Warmup",
    answer: () => "Warm-up answered by Switchyard; no model was asked.",
  },
  {
    name: "count",
    since: "Claude Code 1.0 (2025-05)",
    test: (call) => isPlain(call) && call.prefill === null && call.user === "count",
    answer: () => "Counted by Switchyard; no model was asked.",
  },
];

function isPlain(call: SmallCall): boolean {
  return !call.hasTools && call.system.length <= maxSystemChars;
}

/** A schema that asks for other fields than these is another call. */
function hasOnly(call: SmallCall, fields: readonly string[]): boolean {
  return call.fields === null || call.fields.every((field) => fields.includes(field));
}

/** Without the brace that the call itself begins the answer with. */
function json(call: SmallCall, value: object): string {
  const text = JSON.stringify(value);
  return call.prefill === "{" ? text.slice(1) : text;
}
