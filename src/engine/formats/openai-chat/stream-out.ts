/**
 * Hub events → Chat chunks. The first chunk carries the role, calls are counted on their own (a client indexes its list
 * with the number), the stream ends with one `[DONE]`, except after an error: a cut answer must not look whole.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { sseComment, sseData } from "../../codecs/sse.ts";
import { createLosses } from "../../hub/losses.ts";
import type { Citation } from "../../hub/message.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import type { Fields } from "../fields.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { writeAnnotation } from "./annotations.ts";
import { writeErrorBody } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import { writeImage } from "./images.ts";
import { shownDetails } from "./reasoning-details.ts";
import { shownSignature } from "./thought-signature.ts";
import { writeUsage } from "./usage.ts";

const none: readonly Uint8Array[] = [];
const functionHead = '"function":{"arguments":';
const customHead = '"custom":{"input":';

export function createStreamWriter(options: WriterOptions): StreamWriter {
  const losses = createLosses();
  let head = "";
  let tail = "";
  let toolHead = "";
  let tools = -1;
  let isCustom = false;
  let hasRefused = false;
  let isOver = false;
  let textChars = 0;
  let textStart = 0;
  let images = 0;
  // A client's library keeps the last list of them only, so all go in one chunk at the end, as OpenAI sends them.
  const annotations: Fields[] = [];
  let cited: Citation[] = [];

  const chunk = (delta: string, finish = "null"): Uint8Array =>
    Buffer.from(`${head}${delta},"finish_reason":${finish}}]${tail}`);
  const begin = (id: string | null): void => {
    const shared = {
      id: id === null || id === "" ? options.fallbackId : id,
      object: "chat.completion.chunk",
      created: options.createdAt,
      model: options.model,
    };
    head = `data: ${JSON.stringify(shared).slice(0, -1)},"choices":[{"index":0,"delta":`;
    // A client that asked for usage is promised the field in every chunk.
    tail = options.request.wantsStreamUsage ? ',"usage":null}\n\n' : "}\n\n";
  };

  const end = (finish: Finish): readonly Uint8Array[] => {
    const frames: Uint8Array[] = [];
    if (annotations.length > 0) frames.push(chunk(JSON.stringify({ annotations })));
    if (finish.reason === "content-filter" && finish.explanation !== undefined && !hasRefused) {
      frames.push(chunk(`{"refusal":${JSON.stringify(finish.explanation)}}`));
    }
    frames.push(chunk("{}", JSON.stringify(writeFinish(finish))));
    return frames;
  };

  const usageChunk = (usage: Parameters<typeof writeUsage>[0]): Uint8Array => {
    const opened = head.slice(0, head.indexOf('"choices":['));
    return Buffer.from(`${opened}"choices":[],"usage":${JSON.stringify(writeUsage(usage, options.usageBuffer))}}\n\n`);
  };

  const placeCitations = (): void => {
    for (const citation of cited) {
      const written = writeAnnotation(citation, textStart, textChars);
      if (written === null) losses.add("citation", "a citation without an address has no form here");
      else annotations.push(written);
    }
    cited = [];
  };

  const sign = (event: Extract<StreamEvent, { type: "text-end" | "tool-end" }>): Fields | null => {
    const signature = shownSignature(event);
    if (signature === null && event.signature !== undefined) {
      losses.add("thinking-signature", "a Chat client cannot hand it back");
    }
    return signature;
  };

  const write = (event: StreamEvent): readonly Uint8Array[] => {
    switch (event.type) {
      case "reply-start":
        begin(event.id);
        return [chunk('{"role":"assistant","content":""}')];
      case "text-start":
        textStart = textChars;
        return none;
      case "text-delta":
        textChars += event.text.length;
        return [chunk(`{"content":${JSON.stringify(event.text)}}`)];
      case "thinking-delta":
        return [chunk(`{"reasoning_content":${JSON.stringify(event.text)}}`)];
      case "refusal-delta":
        hasRefused = true;
        return [chunk(`{"refusal":${JSON.stringify(event.text)}}`)];
      case "tool-start": {
        tools += 1;
        toolHead = `{"tool_calls":[{"index":${tools},`;
        isCustom = event.kind === "custom";
        const call = isCustom
          ? { id: event.id, type: "custom", custom: { name: event.name, input: "" } }
          : { id: event.id, type: "function", function: { name: event.name, arguments: "" } };
        return [chunk(`${toolHead}${JSON.stringify(call).slice(1)}]}`)];
      }
      case "tool-delta":
        return [chunk(`${toolHead}${isCustom ? customHead : functionHead}${JSON.stringify(event.text)}}}]}`)];
      case "tool-end": {
        const signature = sign(event);
        if (signature === null || isCustom) return none;
        const piece = JSON.stringify({ function: { arguments: "" }, ...signature }).slice(1);
        return [chunk(`${toolHead}${piece}]}`)];
      }
      case "citation":
        cited.push(event.citation);
        return none;
      case "text-end": {
        placeCitations();
        const signature = sign(event);
        return signature === null ? none : [chunk(JSON.stringify(signature))];
      }
      case "thinking-end": {
        const details = shownDetails({ ...event, type: "thinking", text: "" });
        if (details.length > 0) return [chunk(JSON.stringify({ reasoning_details: details }))];
        if (event.signature !== undefined) losses.add("thinking-signature", "a Chat client cannot hand it back");
        return none;
      }
      case "redacted-thinking": {
        const details = shownDetails({ type: "redacted-thinking", data: event.data, from: event.from });
        if (details.length > 0) return [chunk(JSON.stringify({ reasoning_details: details }))];
        losses.add("thinking", "encrypted thinking has no form here");
        return none;
      }
      case "image":
        images += 1;
        if (event.part.signature !== undefined) losses.add("thinking-signature", "the signature of a picture is lost");
        return [chunk(JSON.stringify({ images: [{ index: images - 1, ...writeImage(event.part) }] }))];
      case "opaque": {
        losses.add("server-block", `a ${event.part.name} block of the upstream has no form here`);
        const { text } = event.part;
        if (text === undefined) return none;
        textChars += text.length;
        return [chunk(`{"content":${JSON.stringify(text)}}`)];
      }
      case "thinking-start":
      case "refusal-start":
      case "refusal-end":
      case "usage":
      case "dropped":
        return none;
      case "reply-end": {
        isOver = true;
        const usage = options.request.wantsStreamUsage ? [usageChunk(event.usage)] : none;
        return [...end(event.finish), ...usage, sseData("[DONE]")];
      }
      case "error":
        isOver = true;
        return [sseData(writeErrorBody(event.error))];
      default:
        return unreachable(event);
    }
  };

  return {
    push: (event) => (isOver ? none : write(event)),
    keepAlive: () => sseComment,
    losses: () => losses.list(),
  };
}
