/**
 * Hub events → Chat chunks. The first chunk carries the role, calls are counted on their own (a client indexes its list
 * with the number), the stream ends with one `[DONE]`, except after an error: a cut answer must not look whole.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { sseComment, sseData } from "../../codecs/sse.ts";
import { createLosses } from "../../hub/losses.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { writeErrorBody } from "./errors.ts";
import { writeFinish } from "./finish.ts";
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

  const write = (event: StreamEvent): readonly Uint8Array[] => {
    switch (event.type) {
      case "reply-start":
        begin(event.id);
        return [chunk('{"role":"assistant","content":""}')];
      case "text-delta":
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
      case "thinking-end":
        if (event.signature !== undefined) losses.add("thinking-signature", "a Chat client cannot hand it back");
        return none;
      case "redacted-thinking":
        losses.add("thinking", "encrypted thinking has no form here");
        return none;
      case "opaque":
        losses.add("server-block", `a ${event.part.name} block of the upstream has no form here`);
        return event.part.text === undefined ? none : [chunk(`{"content":${JSON.stringify(event.part.text)}}`)];
      case "text-start":
      case "text-end":
      case "thinking-start":
      case "refusal-start":
      case "refusal-end":
      case "tool-end":
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
