/** Events of the Responses dialect → hub events, whatever they came in: a stream, or one whole response as its own end. */
import { isRecord, own } from "../../../base/json.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { settleFinish } from "../../hub/finish.ts";
import type { Provenance } from "../../hub/message.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { noUsage, type Usage } from "../../hub/usage.ts";
import { listField, optional, recordField, textField } from "../fields.ts";
import { readError } from "./errors.ts";
import { readFinish } from "./finish.ts";
import { createOutput } from "./output-in.ts";
import { readUsage } from "./usage.ts";

/** What may wait behind an item that is not over. Only truly interleaved items wait at all. */
const maxHeldChars = 16 * 1024 * 1024;

export interface EventReader {
  take(out: StreamEvent[], event: unknown, type: string): void;
  /** `[DONE]`: the upstream's own word that it is done, which stands in for a terminal that was forgotten. */
  doneWord(out: StreamEvent[]): void;
  fail(out: StreamEvent[], error: EngineError): void;
  isOver(): boolean;
}

export function createEventReader(context: ReplyContext | undefined): EventReader {
  let from: Provenance = {
    format: "openai-responses",
    ...optional("model", context?.model),
    ...optional("origin", context?.origin),
  };
  let replyId: string | null = null;
  let model: string | null = null;
  let usage: Usage | null = null;
  let isStarted = false;
  let isOver = false;

  /** Only once there is something to say: a response that fails before that is an error and nothing else. */
  const start = (out: StreamEvent[]): void => {
    if (isStarted) return;
    isStarted = true;
    out.push({ type: "reply-start", id: replyId, model });
  };
  const output = createOutput({ replyId: () => replyId ?? "", from: () => from, start });

  const learn = (response: unknown): void => {
    replyId ??= textField(response, "id") || null;
    model ??= textField(response, "model") || null;
    if (from.model === undefined && model !== null) from = { ...from, model };
  };

  const fail = (out: StreamEvent[], error: EngineError): void => {
    isOver = true;
    out.push({ type: "error", error });
  };

  const takeEnd = (out: StreamEvent[], response: unknown, isCut: boolean): void => {
    learn(response);
    usage = readUsage(response) ?? usage;
    const status = textField(response, "status");
    if (status === "failed" || status === "cancelled" || isRecord(own(response, "error"))) {
      fail(out, readFailure(response));
      return;
    }
    output.repeated(out, listField(response, "output") ?? []);
    start(out);
    output.close(out);
    const told = readFinish(response);
    const known: Finish = isCut && told.reason === "stop" ? { ...told, reason: "unknown" } : told;
    const finish = settleFinish(known, output.callCount());
    if (finish.reason === "tool-calls" && output.hasOpenArguments()) {
      fail(out, { kind: "protocol", message: "the upstream ended in the middle of a tool call's arguments" });
      return;
    }
    isOver = true;
    if (usage !== null) out.push({ type: "usage", usage });
    out.push({ type: "reply-end", finish, usage: usage ?? noUsage });
  };

  const takeEvent = (out: StreamEvent[], event: unknown, type: string): void => {
    switch (type) {
      case "response.output_text.delta":
        return output.text(out, event, "text");
      case "response.function_call_arguments.delta":
        return output.arguments(out, event, false);
      case "response.reasoning_summary_text.delta":
        return output.thought(out, event, "summary");
      case "response.reasoning_text.delta":
        return output.thought(out, event, "content");
      case "response.custom_tool_call_input.delta":
        return output.arguments(out, event, true);
      case "response.refusal.delta":
        return output.text(out, event, "refusal");
      case "response.created":
      case "response.in_progress":
      case "response.queued":
        return learn(own(event, "response"));
      case "response.output_item.added":
        return output.itemAdded(out, event);
      case "response.output_item.done":
        return output.itemDone(out, event);
      case "response.content_part.done":
        return output.partDone(out, event);
      case "response.output_text.done":
        return output.textDone(out, event, "text");
      case "response.refusal.done":
        return output.textDone(out, event, "refusal");
      case "response.function_call_arguments.done":
        return output.argumentsDone(out, event, false);
      case "response.custom_tool_call_input.done":
        return output.argumentsDone(out, event, true);
      case "response.output_text.annotation.added":
        return output.annotation(out, event);
      case "response.completed":
      case "response.done":
        return takeEnd(out, own(event, "response"), false);
      case "response.incomplete":
        return takeEnd(out, own(event, "response"), true);
      case "response.failed":
      case "response.cancelled":
        return fail(out, readFailure(own(event, "response")));
      case "error":
        return fail(out, readError(undefined, [], event, ""));
      default:
        return takeOther(out, event, type);
    }
  };

  const takeOther = (out: StreamEvent[], event: unknown, type: string): void => {
    // Codex's own frames may count; what else they say is between that backend and its own client.
    if (type.startsWith("codex.")) {
      usage = readUsage(own(event, "response")) ?? readUsage(event) ?? usage;
      return;
    }
    if (type.startsWith("response.")) {
      if (isStarted && !toldByTheirItem.test(type)) out.push({ type: "dropped", what: `an event of type ${type}` });
      return;
    }
    // Servers that fail behind a 200 put their error body into the stream.
    const error = own(event, "error");
    if (isRecord(error) || (typeof error === "string" && error !== "")) {
      fail(out, readError(undefined, [], event, ""));
    }
  };

  return {
    take(out, event, type) {
      takeEvent(out, event, type);
      if (isOver || output.heldChars() <= maxHeldChars) return;
      const message = `more than ${maxHeldChars} characters wait behind an unfinished item`;
      fail(out, { kind: "too-large", message });
    },
    doneWord(out) {
      if (isStarted && output.isQuiet()) takeEnd(out, { status: "completed" }, false);
      else fail(out, { kind: "truncated", message: "the upstream said it was done without having answered" });
    },
    fail,
    isOver: () => isOver,
  };
}

/** The progress of items and parts that come whole when they are done. */
const toldByTheirItem =
  /^response\.(content_part|reasoning_summary_part|reasoning_text|reasoning_summary|reasoning_summary_text|web_search_call|file_search_call|code_interpreter_call|code_interpreter_call_code|image_generation_call|mcp_call|mcp_call_arguments|mcp_list_tools|apply_patch_call_operation_diff|computer_call|shell_call)\b/;

function readFailure(response: unknown): EngineError {
  const error = recordField(response, "error");
  if (error !== undefined) return readError(undefined, [], { error }, "");
  const status = textField(response, "status") ?? "failed";
  return { kind: "upstream", message: `the upstream ended the response as ${status}`, raw: status };
}
