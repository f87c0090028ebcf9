/** One turn of the model as a Chat message: one text, its calls, and the reasoning that its maker wants back. */
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, Citation, RedactedThinkingPart, ThinkingPart } from "../../hub/message.ts";
import { isMadeBy, type Maker } from "../../hub/provenance.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import type { Fields } from "../fields.ts";
import type { WriteOptions } from "../format.ts";
import { writeAnnotation } from "./annotations.ts";
import { unpackDetails } from "./reasoning-details.ts";
import { extraContent, googleSignature, isGemini, noSignature } from "./thought-signature.ts";

export interface AssistantOptions {
  readonly names: NameMap;
  readonly ids: NameMap;
  readonly losses: Losses;
  /** Who is asked: opaque blobs go back to it only. */
  readonly maker: Maker;
  /** The upstream's model: reasoning is handed back to the model that wrote it. */
  readonly modelName: string;
  readonly replayReasoning: NonNullable<WriteOptions["replayReasoning"]>;
  /** Copilot answers old questions again when a turn of the model has no string as its text (reports of 2026). */
  readonly contentIsString: boolean;
  /** The target takes `annotations` in the history. */
  readonly annotations: boolean;
}

type CallPart = Extract<AssistantPart, { type: "tool-call" }>;

export function writeAssistant(parts: readonly AssistantPart[], options: AssistantOptions): Fields {
  const calls: Fields[] = [];
  const refusals: string[] = [];
  const annotations: Fields[] = [];
  let text = "";
  let callsAtLastText = 0;
  const say = (more: string): number => {
    // Blocks of one text belong together; a call between them is a pause.
    if (text !== "" && calls.length > callsAtLastText) text += "\n\n";
    if (calls.length > 0) options.losses.add("message-order", "text after a tool call stands before it");
    callsAtLastText = calls.length;
    const startsAt = text.length;
    text += more;
    return startsAt;
  };
  for (const part of parts) {
    switch (part.type) {
      case "text": {
        const startsAt = say(part.text);
        annotations.push(...writeAnnotations(part.citations ?? [], startsAt, text.length, options));
        if (part.signature !== undefined && googleSignature(part, options.maker.origin) === null) {
          options.losses.add("thinking-signature", "the signature of a text was left out of the history");
        }
        break;
      }
      case "refusal":
        refusals.push(part.text);
        break;
      case "thinking":
      case "redacted-thinking":
        break;
      case "image":
        // It follows in a user message (content-out.ts).
        say("[a picture, shown in the next message]");
        break;
      case "tool-call":
        calls.push(writeCall(part, calls.length === 0, options));
        break;
      case "opaque":
        options.losses.add(
          "server-block",
          `a ${part.name} block of ${part.from} was ${part.text === undefined ? "left out" : "put into words"}`,
        );
        if (part.text !== undefined && part.text !== "") say(part.text);
        break;
      default:
        unreachable(part);
    }
  }
  const isEmpty = text === "" && !options.contentIsString && (calls.length > 0 || refusals.length > 0);
  return {
    role: "assistant",
    content: isEmpty ? null : text,
    ...(refusals.length === 0 ? {} : { refusal: refusals.join("\n") }),
    ...writeReasoning(parts, calls.length > 0, options),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...textSignature(parts, options),
  };
}

function writeAnnotations(
  citations: readonly Citation[],
  startsAt: number,
  endsAt: number,
  { annotations, losses }: AssistantOptions,
): readonly Fields[] {
  const written = citations.flatMap((citation): readonly Fields[] => {
    const isTaken = annotations || citation.from === "openai-chat";
    const annotation = isTaken ? writeAnnotation(citation, startsAt, endsAt) : null;
    return annotation === null ? [] : [annotation];
  });
  if (written.length < citations.length) losses.add("citation", "citations in the history were left out");
  return written;
}

/**
 * DeepSeek and Kimi refuse a tool turn without the reasoning that led to it; other servers refuse the field. Whoever
 * sent it takes it back, so by default it returns to the model that wrote it, and only with calls. OpenRouter's details
 * return whole, in place of the text.
 */
function writeReasoning(parts: readonly AssistantPart[], hasCalls: boolean, options: AssistantOptions): Fields {
  const { replayReasoning, losses } = options;
  const thoughts = parts.filter(
    (part): part is ThinkingPart | RedactedThinkingPart =>
      part.type === "thinking" || part.type === "redacted-thinking",
  );
  const text = thoughts.map((part) => (part.type === "thinking" ? part.text : "")).join("");
  const isOwn = thoughts.every((part) => isWrittenBySame(part, options));
  const details = isOwn && replayReasoning !== "never" ? thoughts.flatMap(detailsOf) : [];
  if (details.length > 0) return { reasoning_details: details };
  if (thoughts.some((part) => part.type === "redacted-thinking")) {
    losses.add("thinking", "encrypted thinking was left out of the history");
  }
  const isWanted = replayReasoning === "always" || (replayReasoning === "own" && isOwn && hasCalls);
  if (text !== "" && isWanted) return { reasoning_content: text };
  // Both refuse an empty text as a missing one and take a blank (reports of 2026).
  if (replayReasoning === "always" && hasCalls) return { reasoning_content: " " };
  if (text !== "") losses.add("thinking", "thinking in the history was left out");
  return {};
}

function isWrittenBySame(part: ThinkingPart | RedactedThinkingPart, { maker, modelName }: AssistantOptions): boolean {
  if (part.from === undefined) return part.type === "thinking" && part.signature === undefined;
  return isMadeBy(part.from, maker) && (part.from.model ?? modelName) === modelName;
}

function detailsOf(part: ThinkingPart | RedactedThinkingPart): readonly Fields[] {
  return unpackDetails(part.type === "thinking" ? part.signature : part.data) ?? [];
}

function writeCall(part: CallPart, isFirst: boolean, options: AssistantOptions): Fields {
  const { names, ids } = options;
  const text = part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments;
  return {
    id: ids.toWire(part.id),
    type: "function",
    function: { name: names.toWire(part.name), arguments: text.trim() === "" ? "{}" : text },
    ...callSignature(part, isFirst, options),
  };
}

/** Gemini wants the signature of a turn's first call back; where there is none, the word its makers give for that. */
function callSignature(part: CallPart, isFirst: boolean, { modelName, maker, losses }: AssistantOptions): Fields {
  const signature = isGemini(modelName) ? googleSignature(part, maker.origin) : null;
  if (signature !== null) return extraContent(signature);
  if (part.signature !== undefined) {
    losses.add("thinking-signature", "the signature of a call was left out: another provider made it");
  }
  return isFirst && isGemini(modelName) ? extraContent(noSignature) : {};
}

function textSignature(parts: readonly AssistantPart[], { modelName, maker }: AssistantOptions): Fields {
  if (!isGemini(modelName)) return {};
  const signed = parts.findLast((part) => part.type === "text" && googleSignature(part, maker.origin) !== null);
  const signature = signed?.type === "text" ? googleSignature(signed, maker.origin) : null;
  return signature === null ? {} : extraContent(signature);
}
