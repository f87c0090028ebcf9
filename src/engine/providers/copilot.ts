/**
 * GitHub Copilot: Chat with headers that must agree with the body (facts of late 2026: a mismatch is answered "invalid
 * initiator", an image without its header "missing required Copilot-Vision-Request header").
 */
import type { HeaderPairs } from "../../base/http.ts";
import { isRecord, own } from "../../base/json.ts";
import type { JsonObject } from "../formats/format.ts";
import type { Provider } from "./provider.ts";

export const copilotParts = {
  format: "openai-chat",
  variant: "copilot",
  /** Claude models behind it answer old prompts again when an assistant's content is a list. */
  takesAsIs: (body: JsonObject) =>
    turnsOf(body).every((turn) => own(turn, "role") !== "assistant" || !Array.isArray(own(turn, "content"))),
  bodyHeaders(body: JsonObject): HeaderPairs {
    const isAgent = ["assistant", "tool"].includes(lastRole(turnsOf(body)));
    const initiator: HeaderPairs = [["x-initiator", isAgent ? "agent" : "user"]];
    return holdsImage(turnsOf(body), 0) ? [...initiator, ["copilot-vision-request", "true"]] : initiator;
  },
} as const satisfies Partial<Provider>;

function turnsOf(body: JsonObject): readonly unknown[] {
  const turns = body["messages"] ?? body["input"];
  return Array.isArray(turns) ? turns : [];
}

/** In Responses' items a call and its result have no role. */
function lastRole(turns: readonly unknown[]): string {
  const last = turns[turns.length - 1];
  const type = own(last, "type");
  if (typeof type === "string" && /_call(_output)?$/.test(type)) return "tool";
  const content = own(last, "content");
  // Claude puts tool results into a user message.
  if (Array.isArray(content) && content.some((part) => own(part, "type") === "tool_result")) return "tool";
  const role = own(last, "role");
  return typeof role === "string" ? role : "user";
}

/** Nested results are looked into, but no deeper than any client nests them. */
const maxDepth = 6;

function holdsImage(value: unknown, depth: number): boolean {
  if (depth > maxDepth) return false;
  if (Array.isArray(value)) return value.some((inner) => holdsImage(inner, depth + 1));
  if (!isRecord(value)) return false;
  const type = value["type"];
  if (type === "image_url" || type === "input_image" || type === "image") return true;
  return holdsImage(value["content"], depth + 1) || holdsImage(value["output"], depth + 1);
}
