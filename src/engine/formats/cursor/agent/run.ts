/** The request that opens a run, as far as it is needed to answer it. */
import type { Thinking, ThinkingLevel } from "../../../hub/request.ts";
import type { Message } from "../wire/schema.ts";
import { bytes, flag, list, sub, text, whichOf } from "./fields.ts";
import { decoded } from "./turns.ts";

export interface Run {
  readonly model: string | null;
  /** The conversation, as the client names it. */
  readonly session: string | null;
  readonly requestId: string;
  /** As its bytes: the schema does not know all of it. */
  readonly stateBytes: Uint8Array;
  readonly state: Message;
  readonly action: "message" | "resume";
  readonly userMessage: Message | undefined;
  /** More messages of the user before that one. */
  readonly prepended: readonly Message[];
  readonly inlineHistory: Message | undefined;
  readonly requestContext: Message | undefined;
  readonly wantsContext: boolean;
  readonly mcpTools: readonly Message[];
  /** The same with their schemas read as a bare Struct. */
  readonly mcpStructs: readonly Message[];
  readonly customPrompt: string;
  readonly mode: string;
  readonly thinking: Thinking | undefined;
  readonly preFetched: readonly Message[];
}

export type ReadRun =
  | { readonly ok: true; readonly run: Run }
  /** Something that is not played here: who meant it for Cursor's backend gets it there. */
  | { readonly ok: false; readonly model: string | null; readonly session: string | null; readonly why: string };

/** `message`: the whole client message, whose bytes are needed beside what they mean. */
export function readRun(message: Uint8Array, request: Message): ReadRun {
  const model = modelOf(request);
  const session = text(request, "conversationId") || null;
  const action = sub(request, "action");
  const declined = (why: string): ReadRun => ({ ok: false, model, session, why });
  if (text(request, "subagentTypeName") !== "") return declined("this run is a subagent's");
  const kind = whichOf(action, ["userMessageAction", "resumeAction", "cancelAction", "summarizeAction"]);
  if (kind === "summarizeAction") return declined("the client asks for a summary of the conversation");
  if (kind === "cancelAction") return declined("the run cancels another one");
  if (kind === null) return declined("the run's action is not one that is known here");
  const state = sub(request, "conversationState") ?? {};
  if (bytes(state, "summary").byteLength > 0) return declined("the conversation was summarized by Cursor's backend");
  const key = requestKey(request);
  if (key) return declined("the model is asked with the user's own key, which is the backend's to use");
  const view = sub(decoded("AgentRunView", message), "runRequest");
  const asked = sub(action, kind);
  const userMessage = sub(asked, "userMessage");
  if (kind === "userMessageAction" && userMessage === undefined) return declined("the run has no message of the user");
  return {
    ok: true,
    run: {
      model,
      session,
      requestId: text(request, "runId"),
      stateBytes: bytes(view, "conversationState"),
      state,
      action: kind === "resumeAction" ? "resume" : "message",
      userMessage,
      prepended: list(asked, "prependUserMessages"),
      inlineHistory: sub(asked, "conversationHistory"),
      requestContext: sub(asked, "requestContext"),
      wantsContext: !flag(request, "excludeWorkspaceContext"),
      mcpTools: list(sub(request, "mcpTools"), "mcpTools"),
      mcpStructs: list(sub(view, "mcpTools"), "mcpTools"),
      customPrompt: text(request, "customSystemPrompt"),
      mode: text(userMessage, "mode") || text(state, "mode"),
      thinking: thinkingOf(request),
      preFetched: list(request, "preFetchedBlobs"),
    },
  };
}

export function modelOf(request: Message): string | null {
  return text(sub(request, "requestedModel"), "modelId") || text(sub(request, "modelDetails"), "modelId") || null;
}

function requestKey(request: Message): boolean {
  return ["requestedModel", "modelDetails"].some(
    (field) => text(sub(sub(request, field), "apiKeyCredentials"), "apiKey") !== "",
  );
}

const levels: readonly ThinkingLevel[] = ["minimal", "low", "medium", "high", "xhigh", "max"];
const effortNames: ReadonlySet<string> = new Set(["effort", "reasoning", "reasoning_effort", "thinking"]);

/** Parameters of the picked model: `effort`, `reasoning`, `thinking` say how much it should think. */
function thinkingOf(request: Message): Thinking | undefined {
  for (const parameter of list(sub(request, "requestedModel"), "parameters")) {
    if (!effortNames.has(text(parameter, "id").toLowerCase())) continue;
    const value = text(parameter, "value").toLowerCase();
    const level = levels.find((one) => one === value);
    if (level !== undefined) return { mode: "level", level, show: true };
    if (value === "none" || value === "off" || value === "false") return { mode: "off" };
    if (value === "true" || value === "on") return { mode: "dynamic", show: true };
  }
  return sub(sub(request, "modelDetails"), "thinkingDetails") === undefined
    ? undefined
    : { mode: "dynamic", show: true };
}

/** Modes in which the user wants nothing changed. */
export function mayChange(mode: string): boolean {
  return mode !== "AGENT_MODE_ASK" && mode !== "AGENT_MODE_PLAN" && mode !== "2" && mode !== "3";
}

export function readContext(result: Message): Message | undefined {
  return sub(sub(result, "success"), "requestContext");
}
