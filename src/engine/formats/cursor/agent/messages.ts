/** Envelopes for the client. */
import { envelope } from "../../../codecs/connect.ts";
import type { BackendStep } from "../backend.ts";
import { encodeMessage, type Message } from "../wire/schema.ts";

export function sends(message: Message): BackendStep {
  return { type: "send", bytes: envelope(encodeMessage("AgentServerMessage", message)) };
}

export function updates(update: Message): BackendStep {
  return sends({ interactionUpdate: update });
}

/** The state as its bytes: what the schema does not know of it goes back to the client as it came. */
export function checkpoints(state: Uint8Array): BackendStep {
  const bytes = encodeMessage("AgentCheckpointView", { conversationCheckpointUpdate: state });
  return { type: "send", bytes: envelope(bytes) };
}

export const heartbeat: Message = { heartbeat: {} };
