/** A history without anything only its maker can read: for a provider that refused a signature or encrypted reasoning. */
import { unreachable } from "../../base/unreachable.ts";
import type { AssistantPart, HubMessage } from "./message.ts";

export function withoutBlobs(messages: readonly HubMessage[]): readonly HubMessage[] {
  return messages.map((message) =>
    message.role === "assistant" ? { ...message, parts: message.parts.flatMap(withoutBlob) } : message,
  );
}

function withoutBlob(part: AssistantPart): readonly AssistantPart[] {
  switch (part.type) {
    case "redacted-thinking":
      return [];
    case "thinking":
    case "text":
    case "tool-call": {
      const { signature: _signature, from: _from, ...rest } = part;
      // Thinking that was nothing but its signature has nothing left to say.
      return rest.type === "thinking" && rest.text === "" ? [] : [rest];
    }
    case "refusal":
    case "image":
    case "opaque":
      return [part];
    default:
      return unreachable(part);
  }
}
