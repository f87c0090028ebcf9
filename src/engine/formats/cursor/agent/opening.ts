/** What a run must know before the model can be asked: the blobs its state names, and what they say. */
import type { Losses } from "../../../hub/losses.ts";
import type { HubMessage } from "../../../hub/message.ts";
import type { Blobs } from "./blobs.ts";
import { bytesList } from "./fields.ts";
import { readInlineHistory } from "./inline-history.ts";
import { readPromptMessage } from "./prompt-json.ts";
import { blobsOfMessage } from "./prompt.ts";
import type { Run } from "./run.ts";
import { missingForTurns, readTurns } from "./turns.ts";

/** Blobs to ask for now; empty when everything is there. */
export function missingBlobs(run: Run, blobs: Blobs): readonly Uint8Array[] {
  const turns = bytesList(run.state, "turns");
  const root = rootIds(run).filter((id) => blobs.get(id) === undefined);
  const named = [run.userMessage, ...run.prepended].flatMap(blobsOfMessage).filter((id) => blobs.get(id) === undefined);
  const last = turns.at(-1);
  const resumed = run.action === "resume" && last !== undefined && blobs.get(last) === undefined ? [last] : [];
  const known = [...root, ...named, ...resumed];
  // Whether the turns are needed, only the prompt messages tell.
  if (root.length > 0 || turns.length === 0 || rootTells(run, blobs)) return known;
  return [...known, ...missingForTurns(turns, blobs).filter((id) => id !== last || resumed.length === 0)];
}

function rootIds(run: Run): readonly Uint8Array[] {
  return bytesList(run.state, "rootPromptMessagesJson").filter((id) => inline(id) === null);
}

/** Some entries are said to have been the JSON itself once. An id is 32 bytes of noise. */
function inline(entry: Uint8Array): Uint8Array | null {
  return entry.byteLength !== 32 && entry[0] === 0x7b ? entry : null;
}

const silent: Losses = { add: () => {}, list: () => [] };

function rootMessages(run: Run, blobs: Blobs, losses: Losses): readonly HubMessage[] {
  return bytesList(run.state, "rootPromptMessagesJson").flatMap((id) => {
    const body = inline(id) ?? blobs.get(id);
    return body === undefined ? [] : readPromptMessage(body, losses);
  });
}

/** Do the prompt messages hold the conversation, or only what it began with? */
function rootTells(run: Run, blobs: Blobs): boolean {
  return rootMessages(run, blobs, silent).some(({ role }) => role === "assistant" || role === "tool");
}

export interface Opening {
  readonly system: readonly HubMessage[];
  readonly history: readonly HubMessage[];
  /** Of the history, what the state's prompt messages do not hold yet. */
  readonly untold: readonly HubMessage[];
}

export function readOpening(run: Run, blobs: Blobs, losses: Losses): Opening {
  const root = rootMessages(run, blobs, losses);
  const told = root.filter(({ role }) => role !== "system");
  const turns = rootTells(run, blobs) ? [] : readTurns(bytesList(run.state, "turns"), blobs, losses);
  const untold = [...turns, ...readInlineHistory(run.inlineHistory, losses)];
  if (bytesList(run.state, "turnsOld").length > 0 && root.length + turns.length === 0) {
    losses.add("message", "turns of a form that is not written any more");
  }
  return { system: root.filter(({ role }) => role === "system"), history: [...told, ...untold], untold };
}
