/** A call of Antigravity as a hub request: Gemini's own body inside, the envelope's fields in `extras.antigravity`. */
import { readEnveloped, type EnvelopeFields } from "../gemini/code-assist.ts";
import type { ClientSide } from "../format.ts";

const envelope: EnvelopeFields = {
  format: "antigravity",
  outer: ["project", "requestId", "requestType", "userAgent", "enabledCreditTypes"],
  session: "sessionId",
};

export const readRequest: ClientSide["readRequest"] = (body, target) => readEnveloped(body, target, envelope);
