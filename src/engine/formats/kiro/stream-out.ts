/**
 * Hub events → Kiro's event stream, in the order its own backend was seen to write: metadata, reasoning, text, calls,
 * then why it ended, how full the context is, and what it cost. A call named by `x-amz-target` gets `initial-response`
 * first: without it the IDE's SDK takes no event at all (2026).
 */
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import { createLosses } from "../../hub/losses.ts";
import type { HubReply } from "../../hub/reply.ts";
import { replay } from "../../hub/replay.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { encodeToolId } from "../../hub/tool-ids.ts";
import type { Usage } from "../../hub/usage.ts";
import { optional, textField, type Fields } from "../fields.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { writeException } from "./errors-out.ts";
import { stopReasonOf } from "./finish.ts";
import { frames } from "./frames-out.ts";
import { hidesThinking, shownLink, shownPicture, shownRedacted, shownSignature } from "./shown.ts";
import { contextPercentage, writeTokenUsage } from "./usage-out.ts";
import { createWellFormedText, wellFormed } from "./well-formed.ts";

const none: readonly Uint8Array[] = [];

export function createStreamWriter(options: WriterOptions): StreamWriter {
  const losses = createLosses();
  const conversationId = textField(options.request.extras.kiro?.["conversation"], "conversationId");
  const ids = optional("conversationId", conversationId);
  const metadata = frames.messageMetadata({ ...ids, utteranceId: options.fallbackId });
  const hides = hidesThinking(options.request);
  const words = createWellFormedText();
  let hidden = "";
  let call: Fields | null = null;
  let hasInput = false;
  let customText: string | null = null;
  let links: Fields[] = [];
  let hasSpoken = false;
  let hasRefused = false;
  let hasBegun = false;
  let isOver = false;

  const begin = (): readonly Uint8Array[] => {
    if (hasBegun) return none;
    hasBegun = true;
    return options.variant === "aws-json" ? [frames.initialResponse(ids), metadata] : [metadata];
  };

  /** Never empty: such a frame is what the IDE's own parser stumbles over. */
  const text = (content: string): readonly Uint8Array[] => {
    if (content === "") return none;
    hasSpoken = true;
    return [frames.text({ content, modelId: options.model })];
  };
  const reasoning = (content: string): readonly Uint8Array[] =>
    content === "" ? none : [frames.reasoning({ text: content })];
  const input = (fragment: string): readonly Uint8Array[] => {
    if (fragment === "" || call === null) return none;
    hasInput = true;
    return [frames.toolUse({ ...call, input: fragment })];
  };

  const endCall = (): readonly Uint8Array[] => {
    if (call === null) return none;
    const rest = customText === null ? words.end() : wellFormed(wrapCustomInput(customText));
    const last = input(rest);
    // A call without arguments: its client parses what it has collected.
    const empty = hasInput ? none : input("{}");
    const stop = frames.toolUse({ ...call, stop: true });
    call = null;
    customText = null;
    return [...last, ...empty, stop];
  };

  const endText = (): readonly Uint8Array[] => {
    const shown = links;
    links = [];
    const beside = shown.length === 0 ? none : [frames.webLinks({ supplementaryWebLinks: shown })];
    return [...text(words.end()), ...beside];
  };

  const end = (finish: Finish, usage: Usage): readonly Uint8Array[] => {
    const { explanation } = finish;
    const declined = finish.reason === "content-filter" && explanation !== undefined && !hasSpoken;
    const { request, usageBuffer } = options;
    return [
      ...(declined ? text(wellFormed(explanation)) : none),
      frames.metadata({
        stopReason: stopReasonOf(finish, hasRefused),
        ...optional("tokenUsage", writeTokenUsage(usage, usageBuffer)),
      }),
      frames.contextUsage({ contextUsagePercentage: contextPercentage(request, usage, usageBuffer) }),
      // What another provider's answer costs in Kiro's credits: nothing.
      frames.metering({ unit: "credit", unitPlural: "credits", usage: 0 }),
    ];
  };

  const unsigned = (event: { readonly signature?: string }, of: string): void => {
    if (event.signature !== undefined) losses.add("thinking-signature", `the signature of a ${of} has no field here`);
  };

  const write = (event: StreamEvent): readonly Uint8Array[] => {
    switch (event.type) {
      case "reply-start":
      case "text-start":
        return none;
      case "thinking-start":
        hidden = "";
        return none;
      case "refusal-start":
        hasRefused = true;
        return none;
      case "text-delta":
      case "refusal-delta":
        return text(words.push(event.text));
      case "thinking-delta":
        if (!hides) return reasoning(words.push(event.text));
        hidden += event.text;
        return none;
      case "tool-start":
        call = { name: event.name, toolUseId: encodeToolId(event.id) };
        hasInput = false;
        customText = event.kind === "custom" ? "" : null;
        return [frames.toolUse(call)];
      case "tool-delta":
        if (customText === null) return input(words.push(event.text));
        customText += event.text;
        return none;
      case "tool-end":
        unsigned(event, "call");
        return endCall();
      case "text-end":
        unsigned(event, "text");
        return endText();
      case "refusal-end":
        return endText();
      case "thinking-end": {
        const rest = reasoning(words.end());
        const signature = shownSignature(event.signature, event.from, hidden);
        return signature === null ? rest : [...rest, frames.reasoning({ signature })];
      }
      case "redacted-thinking":
        return [frames.reasoning({ redactedContent: shownRedacted(event.data, event.from) })];
      case "citation": {
        const link = shownLink(event.citation, losses);
        if (link !== null) links.push(link);
        return none;
      }
      case "image":
        return text(shownPicture(event.part, losses));
      case "opaque":
        losses.add("server-block", `a ${event.part.name} block of the upstream has no form here`);
        return text(wellFormed(event.part.text ?? ""));
      case "usage":
      case "dropped":
        return none;
      case "reply-end":
        isOver = true;
        return end(event.finish, event.usage);
      case "error":
        isOver = true;
        return [...(call === null ? text(words.end()) : none), writeException(event.error)];
      default:
        return unreachable(event);
    }
  };

  return {
    push(event) {
      if (isOver) return none;
      const first = begin();
      const rest = write(event);
      return first.length === 0 ? rest : [...first, ...rest];
    },
    /** Said before, and said again: every reader takes the ids it knows already. */
    keepAlive: () => (hasBegun ? metadata : Buffer.concat(begin())),
    losses: () => losses.list(),
  };
}

/** Kiro's service always streams: a whole reply is the same frames in one body. */
export function writeReply(reply: HubReply, options: WriterOptions): Uint8Array {
  const writer = createStreamWriter(options);
  return Buffer.concat(replay(reply).flatMap((event) => writer.push(event)));
}
