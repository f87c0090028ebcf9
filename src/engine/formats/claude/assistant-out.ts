/**
 * One turn of the model in Claude's blocks. Of a turn's calls each is answered in the next user message, so what was
 * said after a call can stand only in an assistant message of its own behind the call's result: such a turn is split
 * there. A turn that is still waiting for the model cannot end with its own words; there they are moved before the call.
 */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, ImagePart, OpaquePart, TextPart } from "../../hub/message.ts";
import { isMadeBy } from "../../hub/provenance.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import { ownCitation } from "./citations.ts";
import { replayThinking, type ThinkingReplay } from "./thinking-out.ts";
import { parsedInput, writeCache, type WireBlock } from "./wire.ts";

export interface AssistantOptions {
  readonly names: NameMap;
  readonly ids: NameMap;
  readonly losses: Losses;
  readonly replay: ThinkingReplay;
}

export interface Step {
  readonly blocks: readonly WireBlock[];
  readonly callIds: ReadonlySet<string>;
}

export interface WrittenTurn {
  readonly steps: readonly Step[];
  /** What the turn holds that no assistant message can. */
  readonly pictures: readonly ImagePart[];
}

/** `goesOn`: something follows the results of this turn. */
export function writeTurn(parts: readonly AssistantPart[], goesOn: boolean, options: AssistantOptions): WrittenTurn {
  let step = begun();
  const steps = [step];
  const pictures: ImagePart[] = [];
  for (const part of parts) {
    if (part.type === "tool-call") {
      step.calls.push(writeCall(part, options));
      step.callIds.add(part.id);
      continue;
    }
    if (part.type === "image") pictures.push(part);
    const blocks = writeSpoken(part, options);
    if (blocks.length > 0 && step.calls.length > 0) {
      step = begun();
      steps.push(step);
    }
    step.said.push(...blocks);
  }
  // A turn that waits for the model can be split only if it ends with a call; and a model that thinks by budget wants the
  // last of its messages to begin with thinking, so a turn that holds some stays whole.
  const endsWithCall = step.calls.length > 0 && !parts.some((part) => part.type.includes("thinking"));
  if (steps.length === 1 || goesOn || endsWithCall) return { steps: steps.map((one) => joined([one])), pictures };
  options.losses.add("message-order", "text after a tool call was moved before it");
  return { steps: [joined(steps)], pictures };
}

interface Begun {
  readonly said: WireBlock[];
  readonly calls: WireBlock[];
  readonly callIds: Set<string>;
}

function begun(): Begun {
  return { said: [], calls: [], callIds: new Set() };
}

function joined(steps: readonly Begun[]): Step {
  return {
    blocks: [...steps.flatMap((step) => step.said), ...steps.flatMap((step) => step.calls)],
    callIds: new Set(steps.flatMap((step) => [...step.callIds])),
  };
}

function writeSpoken(
  part: Exclude<AssistantPart, { type: "tool-call" }>,
  options: AssistantOptions,
): readonly WireBlock[] {
  const { losses } = options;
  const { maker, allows } = options.replay;
  switch (part.type) {
    case "text":
      return [writeText(part, losses)];
    case "refusal":
      return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
    case "thinking": {
      const block = replayThinking(part, options.replay);
      if (block !== null) return [block];
      losses.add("thinking", "thinking without Claude's own signature was left out of the history");
      return [];
    }
    case "redacted-thinking":
      if (allows !== "none" && isMadeBy(part.from, maker)) {
        return [{ type: "redacted_thinking", data: part.data }];
      }
      losses.add("thinking", "encrypted thinking of another provider was left out of the history");
      return [];
    case "image":
      losses.add("image", "a picture the model drew stands in the user's turn after it");
      return [{ type: "text", text: "[a picture, shown in the next turn]" }];
    case "opaque":
      return writeOpaque(part, losses);
    default:
      return unreachable(part);
  }
}

function writeText(part: TextPart, losses: Losses): WireBlock {
  const all = part.citations ?? [];
  const own = all.flatMap((citation) => ownCitation(citation) ?? []);
  if (own.length < all.length) losses.add("citation", "citations of another provider in the history");
  return {
    type: "text",
    text: part.text,
    ...(own.length === 0 ? {} : { citations: own }),
    ...writeCache(part.cache),
  };
}

export function writeOpaque(part: OpaquePart, losses: Losses): readonly WireBlock[] {
  if (part.from === "claude" && isRecord(part.raw)) return [{ type: part.name, ...part.raw }];
  losses.add(
    "server-block",
    `a ${part.name} block of ${part.from} was ${part.text === undefined ? "left out" : "put into words"}`,
  );
  return part.text === undefined || part.text === "" ? [] : [{ type: "text", text: part.text }];
}

function writeCall(
  part: Extract<AssistantPart, { type: "tool-call" }>,
  { names, ids, losses }: AssistantOptions,
): WireBlock {
  const text = part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments;
  const { input, isValid } = parsedInput(text);
  if (!isValid)
    losses.add("tool-arguments", `the arguments of a call of ${part.name} are not a JSON object; sent empty`);
  return {
    type: "tool_use",
    id: ids.toWire(part.id),
    name: names.toWire(part.name),
    input,
    ...writeCache(part.cache),
  };
}
