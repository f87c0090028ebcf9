/** Changes to a Kiro body that keeps its shape. */
import { own } from "../../../base/json.ts";
import type { Thinking } from "../../hub/request.ts";
import { recordField, textField, type Fields } from "../fields.ts";
import type { BodyEdits, JsonObject } from "../format.ts";
import { modelOf, turnsBefore, withTurns } from "./conversation.ts";
import { withThinking } from "./thinking.ts";

export const edits: BodyEdits = { systemPrompt, thinking, withoutBlobs };

/**
 * Around the first message of the user, where Kiro's clients put their own words to the model (a field for them is
 * refused, 2026). That message stays the first in every later request, so what is cached of it stays cached.
 */
function systemPrompt(body: JsonObject, prompt: { readonly prepend?: string; readonly append?: string }): JsonObject {
  const first = turnsBefore(body).findIndex((turn) => turn.role === "user");
  const at = first < 0 ? turnsBefore(body).length : first;
  return withTurns(body, {
    user(message, index) {
      if (index !== at) return message;
      const content = textField(message, "content") ?? "";
      const fresh = (text: string | undefined): readonly string[] =>
        text === undefined || text.trim() === "" || content.includes(text) ? [] : [text];
      const before = fresh(prompt.prepend);
      const after = prompt.append === prompt.prepend ? [] : fresh(prompt.append);
      if (before.length + after.length === 0) return message;
      const said = content === "" ? [] : [content];
      return { ...message, content: [...before, ...said, ...after].join("\n\n") };
    },
  });
}

function thinking(body: JsonObject, wish: Thinking | null, model?: string): JsonObject {
  const { additionalModelRequestFields: asked, ...rest } = body;
  const fields = recordField(body, "additionalModelRequestFields") ?? {};
  const changed = withThinking(fields, wish, model ?? modelOf(body) ?? "");
  if (changed === fields) return body;
  if (Object.keys(changed).length > 0) return { ...body, additionalModelRequestFields: changed };
  return asked === undefined ? body : rest;
}

/** Without reasoning: its backend checks the signature, and refuses what it did not sign (`THINKING_SIGNATURE_INVALID`). */
function withoutBlobs(body: JsonObject): JsonObject {
  return withoutReasoning(body, () => true);
}

export function withoutReasoning(body: JsonObject, isTaken: (reasoning: Fields) => boolean): JsonObject {
  return withTurns(body, {
    assistant(message) {
      const reasoning = own(message, "reasoningContent");
      if (reasoning === undefined || !isTaken(recordField(message, "reasoningContent") ?? {})) return message;
      const { reasoningContent: _reasoning, ...rest } = message;
      return rest;
    },
  });
}
