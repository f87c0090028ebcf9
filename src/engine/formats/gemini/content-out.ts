/**
 * Hub messages as Gemini's alternating contents: roles merged, no part without content, the results of a turn's calls in
 * one content and in the calls' order.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, HubMessage, ToolCallPart, UserPart } from "../../hub/message.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import { writeFile, writeOpaque } from "./files-out.ts";
import type { Target } from "./backend.ts";
import { writeResults } from "./response-out.ts";
import { isOwn, ownSignature, withNeutralSignature, writeSignature } from "./signatures-out.ts";
import type { ToolOptions } from "./tools-out.ts";
import { parsedArgs, type WireContent, type WirePart } from "./wire.ts";

export interface ContentOptions extends ToolOptions {
  readonly ids: NameMap;
}

/** The text a conversation starts with when its first turn is the model's: a function call must follow a user's turn. */
const openingText = "(The conversation begins with your reply.)";
/** What follows a last turn of the model's where the model refuses to go on from there. */
const continueText = "Continue exactly where your last message ends.";

/** `messages` are repaired: every call has its result right behind it. */
export function writeContents(messages: readonly HubMessage[], options: ContentOptions): readonly WireContent[] {
  const { losses, target } = options;
  const written: WireContent[] = [];
  const add = (role: WireContent["role"], parts: readonly WirePart[]): void => {
    const before = written[written.length - 1];
    if (parts.length === 0) return;
    if (before?.role !== role) written.push({ role, parts });
    else written[written.length - 1] = { role, parts: [...before.parts, ...parts] };
  };
  const callNames = namesOfCalls(messages);
  for (let index = 0; index < messages.length; index += 1) {
    const message = messages[index];
    if (message === undefined) break;
    switch (message.role) {
      case "user":
        add(
          "user",
          message.parts.flatMap((part) => writeUserPart(part, losses)),
        );
        break;
      case "assistant":
        add(
          "model",
          withNeutralSignature(
            message.parts.flatMap((part) => writeModelPart(part, options)),
            target,
            losses,
          ),
        );
        break;
      case "tool": {
        const results = [message];
        for (let next = messages[index + 1]; next?.role === "tool"; next = messages[index + 1]) {
          results.push(next);
          index += 1;
        }
        add("user", writeResults(results, callNames, options));
        break;
      }
      case "system":
      case "developer":
        losses.add("system-message", "a system message in mid-conversation became a reminder in the user's turn");
        add(
          "user",
          message.parts.map((part) => ({ text: `<system-reminder>\n${part.text}\n</system-reminder>` })),
        );
        break;
      default:
        unreachable(message);
    }
  }
  return ended(opened(written, losses), target, losses);
}

function opened(contents: readonly WireContent[], losses: Losses): readonly WireContent[] {
  if (contents[0]?.role !== "model") return contents;
  losses.add("message", "an opening user turn was added");
  return [{ role: "user", parts: [{ text: openingText }] }, ...contents];
}

function ended(contents: readonly WireContent[], { model }: Target, losses: Losses): readonly WireContent[] {
  if (contents[contents.length - 1]?.role !== "model") return contents;
  if (model.prefill) {
    losses.add("prefill", "the model may begin anew instead of continuing the given text");
    return contents;
  }
  losses.add("prefill", "this model refuses to end with its own turn; it is asked to continue it");
  return [...contents, { role: "user", parts: [{ text: continueText }] }];
}

function namesOfCalls(messages: readonly HubMessage[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const message of messages) {
    for (const part of message.parts) if (part.type === "tool-call") names.set(part.id, part.name);
  }
  return names;
}

function writeUserPart(part: UserPart, losses: Losses): readonly WirePart[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ text: part.text }];
    case "image":
    case "document":
    case "media":
      return writeFile(part);
    case "opaque":
      return writeOpaque(part, losses);
    default:
      return unreachable(part);
  }
}

function writeModelPart(part: AssistantPart, options: ContentOptions): readonly WirePart[] {
  const { losses, target } = options;
  switch (part.type) {
    case "text": {
      const signed = writeSignature(part, target, losses);
      return part.text === "" && signed.thoughtSignature === undefined ? [] : [{ text: part.text, ...signed }];
    }
    case "refusal":
      return part.text.trim() === "" ? [] : [{ text: part.text }];
    case "thinking":
      return writeThought(part, options);
    case "redacted-thinking":
      losses.add("thinking", "encrypted thinking of another provider was left out of the history");
      return [];
    case "tool-call":
      return [writeCall(part, options)];
    case "image":
      return writeFile(part).map((file) => ({ ...file, ...writeSignature(part, target, losses) }));
    case "opaque":
      return writeOpaque(part, losses);
    default:
      return unreachable(part);
  }
}

/** Its own thoughts go back to the model; what another one thought is not its thought. */
function writeThought(
  part: Extract<AssistantPart, { type: "thinking" }>,
  { losses, target }: ContentOptions,
): readonly WirePart[] {
  const thoughtSignature = ownSignature(part, target);
  if (thoughtSignature !== undefined) {
    // A signature that came alone stands on an empty text; Claude's belongs to its thinking, shown or not.
    const isAlone = part.text === "" && target.model.family !== "claude";
    return [isAlone ? { text: "", thoughtSignature } : { text: part.text, thought: true, thoughtSignature }];
  }
  if (part.text !== "" && target.unsignedThoughts && isOwn(part.from, target))
    return [{ text: part.text, thought: true }];
  losses.add("thinking", "thinking that is not this model's own was left out of the history");
  return [];
}

function writeCall(part: ToolCallPart, { names, ids, losses, target }: ContentOptions): WirePart {
  const text = part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments;
  const { args, isValid } = parsedArgs(text);
  if (!isValid) {
    losses.add("tool-arguments", `the arguments of a call of ${part.name} are not a JSON object; sent empty`);
  }
  const id = target.ids ? { id: ids.toWire(part.id) } : {};
  return { functionCall: { ...id, name: names.toWire(part.name), args }, ...writeSignature(part, target, losses) };
}
