/** A hub request in the envelope of Code Assist as the Gemini CLI writes it (late 2026). */
import { missingProject, replyPath, sessionOf, withoutEnvelopes } from "../gemini/code-assist.ts";
import { writeGeminiBody, type GeminiBackend } from "../gemini/request-out.ts";
import { optional, textField } from "../fields.ts";
import type { ProviderSide } from "../format.ts";

const backend: GeminiBackend = {
  schema: "gemini",
  ids: true,
  format: "gemini-cli",
  extraFields: new Set(["cachedContent", "labels", "safetySettings"]),
};

export const writeRequest: ProviderSide["writeRequest"] = (request, options) => {
  const { project, callId, model } = options;
  if (project === undefined || project === "") return missingProject("gemini-cli");
  const written = writeGeminiBody(withoutEnvelopes(request), options, backend);
  if (!written.ok) return written;
  const { body, losses, replyContext } = written.value;
  const own = request.extras["gemini-cli"];
  const envelope = {
    model,
    project,
    ...optional("user_prompt_id", textField(own, "user_prompt_id") ?? callId),
    // It may cost money, so it is said only where the client itself said it.
    ...optional("enabled_credit_types", own?.["enabled_credit_types"]),
    request: { ...body, ...optional("session_id", sessionOf(request) ?? callId) },
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
