/** A hub request in Antigravity's envelope (late 2026). It says who asks: another client is never called Antigravity. */
import { missingProject, replyPath, sessionOf, withoutEnvelopes } from "../gemini/code-assist.ts";
import { writeGeminiBody, type GeminiBackend } from "../gemini/request-out.ts";
import { optional, textField } from "../fields.ts";
import type { ProviderSide } from "../format.ts";

const backend: GeminiBackend = {
  schema: "antigravity",
  ids: true,
  format: "antigravity",
  // The most that gateways in use ask it for (late 2026).
  maxOutputTokens: 16_384,
  // No safety settings, labels or caches of the caller's.
  extraFields: new Set(),
};

export const writeRequest: ProviderSide["writeRequest"] = (request, options) => {
  const { project, callId, model } = options;
  if (project === undefined || project === "") return missingProject("antigravity");
  const written = writeGeminiBody(withoutEnvelopes(request), options, backend);
  if (!written.ok) return written;
  const { body, losses, replyContext } = written.value;
  const own = request.extras.antigravity;
  const envelope = {
    project,
    model,
    userAgent: textField(own, "userAgent") === "antigravity" ? "antigravity" : "switchyard",
    requestType: textField(own, "requestType") ?? "agent",
    ...optional("requestId", callId ?? textField(own, "requestId")),
    ...optional("enabledCreditTypes", own?.["enabledCreditTypes"]),
    request: { ...body, ...optional("sessionId", sessionOf(request) ?? callId) },
  };
  return {
    ok: true,
    value: {
      path: replyPath(request.stream),
      headers: [["content-type", "application/json"]],
      body: Buffer.from(JSON.stringify(envelope)),
      losses,
      replyContext,
    },
  };
};
