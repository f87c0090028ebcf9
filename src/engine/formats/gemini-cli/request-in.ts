/** A call of the Gemini CLI as a hub request: Gemini's own body inside, the envelope's fields in `extras["gemini-cli"]`. */
import { readEnveloped, type EnvelopeFields } from "../gemini/code-assist.ts";
import type { ClientSide } from "../format.ts";

const envelope: EnvelopeFields = {
  format: "gemini-cli",
  outer: ["project", "user_prompt_id", "enabled_credit_types"],
  session: "session_id",
};

export const readRequest: ClientSide["readRequest"] = (body, target) => readEnveloped(body, target, envelope);
