/** Answers small calls of the Claude CLI here, where a rule would send them to a provider (`settings.bypass`). */
import type { JsonObject } from "../../formats/format.ts";
import type { HubReply } from "../../hub/reply.ts";
import { bypassPatterns } from "./patterns.ts";
import { readSmallCall } from "./small-call.ts";

export interface BypassCall {
  readonly userAgent: string;
  /** A Messages request, parsed. */
  readonly body: JsonObject;
}

export interface Bypass {
  /** Of the pattern, for the flow and the answer's header. */
  readonly name: string;
  readonly reply: HubReply;
}

/** The word itself: `my-claude-client` is somebody else. */
const claudeCli = /(?<![\w-])claude-cli(?![\w-])/i;

/** Null for every call that a model should see. */
export function bypassFor({ userAgent, body }: BypassCall): Bypass | null {
  if (!claudeCli.test(userAgent)) return null;
  const call = readSmallCall(body);
  if (call === null) return null;
  const pattern = bypassPatterns.find((each) => each.test(call));
  if (pattern === undefined) return null;
  return {
    name: pattern.name,
    reply: {
      id: null,
      model: null,
      parts: [{ type: "text", text: pattern.answer(call) }],
      finish: { reason: "stop", raw: null },
      // Nothing was used; clients divide by these figures, so they are not zero.
      usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: true },
      losses: [],
    },
  };
}
