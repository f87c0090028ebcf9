/** What a delta or a whole message of the Chat format says, apart from its calls: reasoning first, then text, then refusal. */
import { isRecord, own } from "../../../base/json.ts";
import type { ProseKind } from "../../hub/segments.ts";
import { listField, textField } from "../fields.ts";
import { detailsIn, textOfDetails } from "./reasoning-details.ts";

export interface Said {
  readonly kind: ProseKind;
  readonly text: string;
}

export function saidIn(delta: unknown): readonly Said[] {
  if (!isRecord(delta)) return [];
  const said: Said[] = [];
  // One of the two names: servers that send both send the same text twice.
  const thought =
    textField(delta, "reasoning_content") || textField(delta, "reasoning") || textOfDetails(detailsIn(delta));
  if (thought !== "") said.push({ kind: "thinking", text: thought });
  const content = own(delta, "content");
  if (typeof content === "string") {
    if (content !== "") said.push({ kind: "text", text: content });
  } else if (Array.isArray(content)) for (const part of content) said.push(...saidInPart(part));
  const refusal = textField(delta, "refusal") ?? "";
  if (refusal !== "") said.push({ kind: "refusal", text: refusal });
  return said;
}

/** Mistral's reasoning models send content as a list, with the thinking as a part of its own. */
function saidInPart(part: unknown): readonly Said[] {
  if (own(part, "type") === "thinking") {
    const thinking = own(part, "thinking");
    if (typeof thinking === "string") return [{ kind: "thinking", text: thinking }];
    return (listField(part, "thinking") ?? []).map((inner) => ({
      kind: "thinking",
      text: textField(inner, "text") ?? "",
    }));
  }
  const refusal = textField(part, "refusal");
  if (refusal !== undefined) return [{ kind: "refusal", text: refusal }];
  return [{ kind: "text", text: textField(part, "text") ?? "" }];
}
