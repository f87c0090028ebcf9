/** What of a request Chat has no form for: refused where leaving it out would answer another question, else named. */
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, ToolResultContent, UserPart } from "../../hub/message.ts";
import type { HubRequest } from "../../hub/request.ts";
import { writeMedia } from "./media.ts";
import { codeAssistFields, kiroFields, responsesFields } from "../bookkeeping.ts";

/** Why the request cannot be sent at all; null when it can. */
export function unsaidIn(request: HubRequest, isCopilot: boolean): string | null {
  const count = request.extras["openai-chat"]?.["n"];
  if (typeof count === "number" && count > 1) return "n: one answer to a request is translated";
  for (const message of request.messages) {
    for (const part of message.parts) {
      const reason = unsaidPart(part) ?? (isCopilot ? unknownToCopilot(part) : null);
      if (reason !== null) return reason;
    }
  }
  return null;
}

type AnyPart = UserPart | AssistantPart | ToolResultContent;

function unsaidPart(part: AnyPart): string | null {
  if (part.type === "opaque" && part.essential === true && part.from !== "openai-chat") {
    return `a ${part.name} that is stored at its own provider cannot be sent to another one`;
  }
  if (part.type === "media" && writeMedia(part) === null) {
    return "sound that is given by its address cannot be sent to a Chat provider";
  }
  return null;
}

/** Copilot's Chat takes text and pictures only (2026). */
function unknownToCopilot(part: AnyPart): string | null {
  const isFile = part.type === "document" && part.source.kind === "base64";
  const isOther = part.type === "media" || (part.type === "opaque" && part.essential === true);
  if (!isFile && !isOther) return null;
  const name = part.type === "opaque" ? part.name : part.type;
  return `Copilot takes text and pictures only: the request has a ${name} part`;
}

/** Fields of other dialects that mean nothing outside their provider and are not worth a line in the flow. */
const silent = new Set([
  ...codeAssistFields,
  ...kiroFields,
  ...responsesFields,
  "attribution",
  "metadata",
  "diagnostics",
  "betas",
  "user_profile_id",
  "workspace_id",
  "store",
]);

/** `maxStops`: how many stop sequences go upstream. */
export function nameUnsaid(request: HubRequest, maxStops: number, losses: Losses): void {
  for (const [format, extras] of Object.entries(request.extras)) {
    if (format === "openai-chat") continue;
    for (const name of Object.keys(extras)) {
      if (!silent.has(name)) losses.add("parameter", `${name}: Chat has no such field`);
    }
  }
  if (request.stop.length > maxStops)
    losses.add("stop-sequences", `only ${maxStops} go upstream; the others are cut here`);
  const isMarked = (one: object): boolean => "cache" in one;
  if (request.tools.some(isMarked) || request.messages.some((one) => isMarked(one) || one.parts.some(isMarked))) {
    losses.add("cache-mark", "Chat servers cache by themselves; the client's marks were left out");
  }
}
