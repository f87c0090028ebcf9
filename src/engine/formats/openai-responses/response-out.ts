/** The response object that frames carry: the same head in all of them, status and output as far as they are known. */
import { unreachable } from "../../../base/unreachable.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { Usage } from "../../hub/usage.ts";
import { optional, type Fields } from "../fields.ts";
import type { WriterOptions } from "../format.ts";
import { wishedLevel } from "../../hub/thinking-levels.ts";
import { writeTextFormat } from "./tools-out.ts";
import { writeUsage } from "./usage.ts";

export interface ResponseState {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly output: readonly Fields[];
  readonly usage: Usage | null;
  readonly error?: Fields;
  readonly incompleteDetails?: Fields | null;
}

/**
 * Instructions and tools are not repeated: the client has just sent them, and with an agent's tools they are tens of
 * kilobytes in each of three frames. No client reads them here (openai 6.49, ai 6.0, Codex, late 2026).
 */
export function writeResponse(id: string, options: WriterOptions, state: ResponseState): Fields {
  const { request } = options;
  return {
    id,
    object: "response",
    created_at: options.createdAt,
    status: state.status,
    background: false,
    error: state.error ?? null,
    incomplete_details: state.incompleteDetails ?? null,
    instructions: null,
    max_output_tokens: request.maxTokens ?? null,
    metadata: {},
    model: options.model,
    output: state.output,
    parallel_tool_calls: request.parallelToolCalls ?? true,
    previous_response_id: options.kept?.previous ?? null,
    reasoning: writeReasoning(request),
    service_tier: request.serviceTier ?? null,
    store: options.kept !== undefined,
    temperature: request.temperature ?? null,
    text: {
      format: writeTextFormat(request.responseFormat) ?? { type: "text" },
      ...optional("verbosity", request.verbosity),
    },
    tool_choice: chosen(request),
    tools: [],
    top_p: request.topP ?? null,
    truncation: "disabled",
    usage: state.usage === null ? null : writeUsage(state.usage, options.usageBuffer),
  };
}

function writeReasoning({ thinking }: HubRequest): Fields {
  if (thinking === undefined) return { effort: null, summary: null };
  if (thinking.mode === "off") return { effort: "none", summary: null };
  return { effort: wishedLevel(thinking), summary: thinking.show === true ? "auto" : null };
}

function chosen({ toolChoice }: HubRequest): string | Fields {
  switch (toolChoice?.type) {
    case undefined:
      return "auto";
    case "auto":
    case "none":
    case "required":
      return toolChoice.type;
    case "tool":
      return { type: "function", name: toolChoice.name };
    case "allowed":
      return toolChoice.mode;
    default:
      return unreachable(toolChoice);
  }
}
