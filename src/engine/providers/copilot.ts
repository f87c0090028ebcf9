/**
 * GitHub Copilot: Chat with headers that must agree with the body (facts of late 2026: a mismatch is answered "invalid
 * initiator", an image without its header "missing required Copilot-Vision-Request header").
 *
 * The service also asks which editor is calling and answers 400 where nobody says so, or where it does not know the name
 * (reports of 2024-2026). A Copilot client's own words go through; for everybody else we say who we are, and no other
 * program's name: the service may refuse that, and the flow then shows its answer.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { isRecord, own } from "../../base/json.ts";
import type { JsonObject } from "../formats/format.ts";
import { bearer } from "./bearer.ts";
import { boundOrigin, under } from "./origin.ts";
import type { Origin, Provider } from "./provider.ts";

/** The version of the API that the facts above were seen with. */
const always: HeaderPairs = [
  ["x-github-api-version", "2025-04-01"],
  ["editor-version", "Switchyard/1"],
];

const isOwn = under("githubcopilot.com");

/** `api.individual.githubcopilot.com` and its kind: which one, the exchange that made the token says. */
export function copilotOrigin(configured: URL, endpoint: string | undefined): Origin | null {
  return boundOrigin(endpoint, configured, isOwn);
}

export const copilotParts = {
  format: "openai-chat",
  variant: "copilot",
  authorize: bearer,
  /** Claude models behind it answer old prompts again when an assistant's content is a list. */
  takesAsIs: (body: JsonObject) =>
    turnsOf(body).every((turn) => own(turn, "role") !== "assistant" || !Array.isArray(own(turn, "content"))),
  bodyHeaders(body: JsonObject): HeaderPairs {
    const isAgent = ["assistant", "tool"].includes(lastRole(turnsOf(body)));
    const initiator: HeaderPairs = [["x-initiator", isAgent ? "agent" : "user"], ...always];
    return holdsImage(turnsOf(body), 0) ? [...initiator, ["copilot-vision-request", "true"]] : initiator;
  },
  /** Codex models are served on `/responses` alone ("not accessible via the /chat/completions endpoint", late 2026). */
  byModel: (model: string) =>
    /codex/i.test(model) ? ({ format: "openai-responses", takesAsIs: () => false } as const) : {},
} as const satisfies Partial<Provider> & { readonly byModel: (model: string) => Partial<Provider> };

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
