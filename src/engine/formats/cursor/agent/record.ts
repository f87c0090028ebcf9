/**
 * The conversation as it is written back: the model's messages as prompt messages, the turn with its steps for the user, both
 * as blobs that the client keeps, and a state that names them. The next run begins with that state.
 */
import type { HubMessage } from "../../../hub/message.ts";
import { editMessage, encodeMessage, type Message } from "../wire/schema.ts";
import type { Blobs } from "./blobs.ts";
import { bytes, bytesList, count, sub } from "./fields.ts";
import { writePromptMessage } from "./prompt-json.ts";
import type { Run } from "./run.ts";
import { decoded, encodeTurn } from "./turns.ts";

export interface KeptBlob {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface Recorder {
  /** A message that the next run must find among the prompt messages. */
  said(message: HubMessage): void;
  /** A step of the turn that is open. */
  step(step: Message): void;
  /** The user says something: a turn begins. */
  begin(userMessage: Message): void;
  /** What the client must keep before `state` may be shown to it, since the last call. */
  prepare(): readonly KeptBlob[];
  /** As of the last `prepare`. `used`: tokens in the model's context now, 0 if unknown. */
  state(used: number): Uint8Array;
}

interface Turn {
  readonly user: Uint8Array;
  readonly steps: Uint8Array[];
}

export function createRecorder(run: Run, blobs: Blobs): Recorder {
  const root: Uint8Array[] = [...bytesList(run.state, "rootPromptMessagesJson")];
  const toolNames = new Map<string, string>();
  const closed: Uint8Array[] = [...bytesList(run.state, "turns")];
  let open: Turn | null = run.action === "resume" ? reopened(closed.at(-1), blobs) : null;
  if (open !== null) closed.pop();
  let fresh: KeptBlob[] = [];
  let shown: { readonly root: readonly Uint8Array[]; readonly turns: readonly Uint8Array[] } = { root, turns: closed };

  const keep = (body: Uint8Array): Uint8Array => {
    const { id, isNew } = blobs.made(body);
    if (isNew) fresh.push({ id, bytes: body });
    return id;
  };
  const turnId = (turn: Turn): Uint8Array => keep(encodeTurn(turn.user, turn.steps, run.requestId));

  return {
    said(message) {
      if (message.role === "assistant") {
        for (const part of message.parts) if (part.type === "tool-call") toolNames.set(part.id, part.name);
      }
      root.push(keep(writePromptMessage(message, toolNames)));
    },
    step(step) {
      open ??= { user: new Uint8Array(), steps: [] };
      open.steps.push(keep(encodeMessage("AgentStep", step)));
    },
    begin(userMessage) {
      if (open !== null) closed.push(turnId(open));
      open = { user: keep(encodeMessage("AgentUserMessage", userMessage)), steps: [] };
    },
    prepare() {
      shown = { root: [...root], turns: open === null ? [...closed] : [...closed, turnId(open)] };
      const made = fresh;
      fresh = [];
      return made;
    },
    state(used) {
      return editMessage("AgentConversationState", run.stateBytes, (state) => {
        state["rootPromptMessagesJson"] = shown.root;
        state["turns"] = shown.turns;
        state["pendingToolCalls"] = [];
        const maxTokens = count(sub(run.state, "tokenDetails"), "maxTokens");
        // How large the model's context is nobody told us; a figure without its bound would be no gauge.
        if (used > 0 && maxTokens > 0) state["tokenDetails"] = { usedTokens: used, maxTokens };
      });
    },
  };
}

/** The turn that a resumed run goes on with. */
function reopened(id: Uint8Array | undefined, blobs: Blobs): Turn | null {
  const blob = id === undefined ? undefined : blobs.get(id);
  const body = blob === undefined ? undefined : sub(decoded("AgentTurn", blob), "agentConversationTurn");
  return body === undefined ? null : { user: bytes(body, "userMessage"), steps: [...bytesList(body, "steps")] };
}
