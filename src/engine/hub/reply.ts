/** A whole (not streamed) reply in the hub. */
import type { AssistantPart } from "./message.ts";
import type { Finish } from "./stream.ts";
import type { Usage } from "./usage.ts";

export interface HubReply {
  readonly id: string | null;
  readonly model: string | null;
  readonly parts: readonly AssistantPart[];
  readonly finish: Finish;
  readonly usage: Usage;
  /** What the reader could not carry; the flow names it. */
  readonly losses: readonly string[];
}
