/**
 * A hub request as the beginning of an agent run (`agent.v1.AgentService/Run`): one `run_request` in an envelope; the stream
 * stays open for what the backend asks back. Field numbers and what must be there: docs/formats/cursor.md.
 */
import { envelope } from "../../../codecs/connect.ts";
import { estimateTokens } from "../../../hub/estimate.ts";
import { createLosses, type Losses } from "../../../hub/losses.ts";
import { repairHistory } from "../../../hub/repair.ts";
import type { HubRequest } from "../../../hub/request.ts";
import { nearestLower, wishedLevel } from "../../../hub/thinking-levels.ts";
import { optional } from "../../fields.ts";
import type { ProviderRequest, Result, WriteOptions } from "../../format.ts";
import { encodeMessage, type Message } from "../wire/schema.ts";
import { uuidOf } from "../../../hub/own-ids.ts";
import { blobIdOf, blobKey, contextKey } from "./ids.ts";
import { writeTools } from "./tools-out.ts";
import { writeTranscript } from "./transcript.ts";

export const runPath = "/agent.v1.AgentService/Run";

/** Of every request over Connect; the agent hosts answer an HTTP/1.1 request with an empty 464. */
export const connectHeaders = [
  ["content-type", "application/connect+proto"],
  ["accept", "*/*"],
  ["connect-protocol-version", "1"],
  ["connect-accept-encoding", "gzip"],
  ["user-agent", "Switchyard/1"],
] as const;

export function writeRequest(request: HubRequest, options: WriteOptions): Result<ProviderRequest> {
  const repaired = repairHistory(request.messages);
  if (!repaired.messages.some(({ role }) => role !== "system" && role !== "developer")) {
    return { ok: false, error: { kind: "bad-request", message: "messages: nothing was said yet" } };
  }
  const losses = createLosses();
  nameUnsaid(request, losses);
  const tools = writeTools(request, losses);
  const { system, text, images } = writeTranscript(repaired.messages, losses);
  const model = modelOf(options.model);
  const call = options.callId ?? text;
  const askedBack = new Map<string, Uint8Array>();

  const rootPrompt: Uint8Array[] = [];
  if (system !== "") {
    const blob = Buffer.from(JSON.stringify({ role: "system", content: system }));
    const id = blobIdOf(blob);
    rootPrompt.push(id);
    askedBack.set(blobKey(id), blob);
  }
  // All there is to know of where the client runs: nothing. Paths and shells of another machine would be invented.
  const requestContext: Message = { env: { workspacePaths: [] }, tools: tools.definitions };
  askedBack.set(contextKey, encodeMessage("AgentRequestContext", requestContext));

  const runRequest: Message = {
    conversationState: { rootPromptMessagesJson: rootPrompt, mode: "AGENT_MODE_AGENT" },
    action: {
      userMessageAction: {
        userMessage: {
          text,
          messageId: uuidOf(call, "message"),
          // Without it, empty as it may be, the service says nothing (reported once, 2026).
          selectedContext: {
            selectedImages: images.map(({ data, mediaType }, index) => ({
              data,
              mimeType: mediaType,
              uuid: uuidOf(call, "image", String(index)),
              path: "",
            })),
          },
          mode: "AGENT_MODE_AGENT",
        },
      },
    },
    // Both: some models were not found by one alone (reported once, 2026).
    modelDetails: { modelId: model, displayModelId: model, displayName: model },
    requestedModel: { modelId: model, parameters: writeParameters(request, model, losses) },
    mcpTools: { mcpTools: tools.definitions },
    conversationId: uuidOf(call, "conversation"),
    excludeWorkspaceContext: true,
    ...(images.length === 0 ? {} : { clientSupportsInlineImages: true }),
  };
  return {
    ok: true,
    value: {
      path: runPath,
      headers: [...connectHeaders, ["x-request-id", uuidOf(call, "request")]],
      body: envelope(encodeMessage("AgentClientMessage", { runRequest })),
      losses: [...repaired.losses, ...losses.list()],
      replyContext: {
        model,
        ...optional("origin", options.origin),
        ...(tools.toolNames.size === 0 ? {} : { toolNames: tools.toolNames }),
        ...(tools.customTools.size === 0 ? {} : { customTools: tools.customTools }),
        ...(request.stop.length === 0 ? {} : { cutAt: request.stop }),
        askedBack,
        estimateInput: () => estimateTokens(request),
      },
      staysOpen: true,
    },
  };
}

/** Cursor's own word for "auto". */
function modelOf(name: string): string {
  return name === "auto" ? "default" : name;
}

/**
 * Which parameters a model has, its entry in the list of models says; `effort` is attested for Claude models (2026-11).
 * Others have the wish in their names (`…-thinking`, `…-high`).
 */
function writeParameters(request: HubRequest, model: string, losses: Losses): readonly Message[] {
  const { thinking } = request;
  if (thinking === undefined) return [];
  const wished = thinking.mode === "off" ? null : wishedLevel(thinking);
  if (wished === null || !model.startsWith("claude-")) {
    losses.add("thinking", "at Cursor the model's name says how much it thinks");
    return [];
  }
  const level = nearestLower(wished, ["low", "medium", "high"]);
  return level === null ? [] : [{ id: "effort", value: level }];
}

/** Wishes that a run has no field for. */
function nameUnsaid(request: HubRequest, losses: Losses): void {
  const unsaid = [
    "maxTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "verbosity",
    "logprobs",
    "serviceTier",
  ] as const satisfies readonly (keyof HubRequest)[];
  for (const name of unsaid) if (request[name] !== undefined) losses.add("parameter", `${name} (Cursor has none)`);
  if (request.responseFormat !== undefined && request.responseFormat.type !== "text") {
    losses.add("response-format", "Cursor's models answer in text");
  }
  if (request.parallelToolCalls === false) losses.add("parameter", "parallelToolCalls (Cursor has none)");
}
