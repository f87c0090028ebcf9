/**
 * A client of Cursor's agent service that behaves as the IDE does, and minds its backend's manners: keeps blobs and gives them
 * back, runs tools, answers what it is asked, and names everything that is out of order.
 */
import { createHash } from "node:crypto";
import { ConnectError } from "@connectrpc/connect";
import { decodeMessage, type Message } from "../../src/engine/formats/cursor/wire/schema.ts";
import type { CursorWire } from "./cursor-wire.ts";

export interface Outcome {
  readonly messages: readonly Message[];
  /** What kind each was, in order; runs of the same kind once. */
  readonly order: readonly string[];
  readonly text: string;
  readonly thinking: string;
  readonly cards: readonly Message[];
  readonly execs: readonly Message[];
  readonly turnEnded: Message | null;
  /** The last state that was published. */
  readonly checkpoint: Message | null;
  readonly error: ConnectError | null;
  /** What the backend did that a client cannot bear. */
  readonly faults: readonly string[];
}

export interface IdeOptions {
  /** What a tool gives: the fields of an exec answer; null: no answer ever. */
  readonly runTool?: (request: Message) => Message | readonly Message[] | null;
  readonly context?: Message;
  /** Answers nothing on the KV channel. */
  readonly muteStore?: boolean;
  /** Sees each message as it comes. */
  readonly onMessage?: (message: Message, wire: CursorWire) => void;
}

export interface Ide {
  readonly blobs: Map<string, Uint8Array>;
  /** Keeps it, as the client keeps what it makes itself. */
  keep(bytes: Uint8Array): Uint8Array;
  /** Sends the request and plays along to the end. */
  run(wire: CursorWire, request: Message, options?: IdeOptions): Promise<Outcome>;
}

const someContext: Message = { env: { osVersion: "linux 6.8", workspacePaths: ["/w"], shell: "bash" } };

export function createIde(): Ide {
  const blobs = new Map<string, Uint8Array>();
  return {
    blobs,
    keep(bytes) {
      const id = createHash("sha256").update(bytes).digest();
      blobs.set(id.toString("hex"), bytes);
      return id;
    },
    async run(wire, request, options = {}) {
      await wire.send({ runRequest: request });
      return playAlong(wire, blobs, options);
    },
  };
}

export async function playAlong(
  wire: CursorWire,
  blobs: Map<string, Uint8Array>,
  options: IdeOptions = {},
): Promise<Outcome> {
  const messages: Message[] = [];
  const order: string[] = [];
  const faults: string[] = [];
  const cards: Message[] = [];
  const execs: Message[] = [];
  const openCards = new Set<string>();
  const execIds = new Set<number>();
  let text = "";
  let thinking = "";
  let turnEnded: Message | null = null;
  let checkpoint: Message | null = null;
  let error: ConnectError | null = null;
  const pending: Promise<void>[] = [];
  const answer = (message: Message): void => {
    pending.push(wire.send(message).catch(() => {}));
  };

  const onUpdate = (update: Message): void => {
    const kind = Object.keys(update)[0] ?? "none";
    if (turnEnded !== null && kind !== "heartbeat") faults.push(`${kind} after turn_ended`);
    const inner = record(update[kind]);
    if (kind === "textDelta") text += words(inner["text"]);
    if (kind === "thinkingDelta") thinking += words(inner["text"]);
    if (kind === "thinkingCompleted" && !(Number(inner["thinkingDurationMs"]) >= 1))
      faults.push("thinking took no time");
    if (kind === "turnEnded") {
      turnEnded = inner;
      if (openCards.size > 0) faults.push("a card still spins at turn_ended");
    }
    const callId = words(inner["callId"]);
    if (kind === "toolCallStarted") openCards.add(callId);
    if (kind === "toolCallCompleted") {
      if (!openCards.delete(callId)) faults.push(`card ${callId} completed before it started`);
      const card = record(inner["toolCall"]);
      const body = record(Object.entries(card).find(([name]) => name.endsWith("ToolCall"))?.[1]);
      if (!("result" in body)) faults.push(`card ${callId} has no result`);
      if (card["startedAtMs"] === undefined || card["completedAtMs"] === undefined)
        faults.push(`card ${callId} has no times`);
      cards.push(card);
    }
  };

  const onKv = (request: Message): void => {
    if (options.muteStore === true) return;
    const id = Number(request["id"] ?? 0);
    const get = request["getBlobArgs"];
    if (get !== undefined) {
      const found = blobs.get(hex(record(get)["blobId"]));
      const result = found === undefined ? { error: { message: "not found" } } : { blobData: found };
      answer({ kvClientMessage: { id, getBlobResult: result } });
      return;
    }
    const { blobId, blobData } = record(request["setBlobArgs"]);
    const bytes = blobData instanceof Uint8Array ? blobData : new Uint8Array();
    if (createHash("sha256").update(bytes).digest("hex") !== hex(blobId))
      faults.push("a blob whose id is not its hash");
    blobs.set(hex(blobId), bytes);
    answer({ kvClientMessage: { id, setBlobResult: {} } });
  };

  const onExec = (request: Message): void => {
    const id = Number(request["id"] ?? 0);
    if (execIds.has(id)) faults.push(`exec id ${id} twice`);
    execIds.add(id);
    execs.push(request);
    if (request["requestContextArgs"] !== undefined) {
      const requestContext = options.context ?? someContext;
      answer({ execClientMessage: { id, requestContextResult: { success: { requestContext } } } });
      return;
    }
    const given = options.runTool?.(request) ?? null;
    if (given === null) return;
    for (const result of Array.isArray(given) ? given : [given]) answer({ execClientMessage: { id, ...result } });
    answer({ execClientControlMessage: { streamClose: { id } } });
  };

  try {
    for await (const message of wire.incoming) {
      messages.push(message);
      const kind = kindOf(message);
      if (order.at(-1) !== kind) order.push(kind);
      options.onMessage?.(message, wire);
      if (message["interactionUpdate"] !== undefined) onUpdate(record(message["interactionUpdate"]));
      else if (message["kvServerMessage"] !== undefined) onKv(record(message["kvServerMessage"]));
      else if (message["execServerMessage"] !== undefined) onExec(record(message["execServerMessage"]));
      else if (message["conversationCheckpointUpdate"] !== undefined) {
        checkpoint = record(message["conversationCheckpointUpdate"]);
        faults.push(...unknownBlobs(checkpoint, blobs));
      }
    }
  } catch (thrown) {
    error = ConnectError.from(thrown);
  }
  wire.halfClose();
  await Promise.all(pending);
  if (error === null && turnEnded === null) faults.push("the stream ended without turn_ended");
  if (error === null && order.at(-1) !== "checkpoint") faults.push("the last message is no checkpoint");
  if (error !== null && turnEnded !== null) faults.push("an error after turn_ended");
  return { messages, order, text, thinking, cards, execs, turnEnded, checkpoint, error, faults };
}

function kindOf(message: Message): string {
  const update = message["interactionUpdate"];
  if (update !== undefined) return Object.keys(record(update))[0] ?? "none";
  const kv = message["kvServerMessage"];
  if (kv !== undefined) return "setBlobArgs" in record(kv) ? "kv set" : "kv get";
  const exec = message["execServerMessage"];
  if (exec !== undefined) return Object.keys(record(exec)).find((key) => key.endsWith("Args")) ?? "exec";
  if (message["conversationCheckpointUpdate"] !== undefined) return "checkpoint";
  return Object.keys(message)[0] ?? "nothing";
}

/** A state must name nothing that the client was never given. */
function unknownBlobs(state: Message, blobs: Map<string, Uint8Array>): readonly string[] {
  const faults: string[] = [];
  const see = (id: unknown, what: string): Uint8Array | undefined => {
    const found = blobs.get(hex(id));
    if (found === undefined) faults.push(`a checkpoint names an unknown ${what}`);
    return found;
  };
  for (const id of items(state["rootPromptMessagesJson"])) see(id, "prompt message");
  for (const id of items(state["turns"])) {
    const turn = see(id, "turn");
    if (turn === undefined) continue;
    const body = record(decodeMessage("AgentTurn", turn)["agentConversationTurn"]);
    if (body["userMessage"] !== undefined) see(body["userMessage"], "user message");
    for (const step of items(body["steps"])) see(step, "step");
  }
  return faults;
}

function record(value: unknown): Message {
  return typeof value === "object" && value !== null ? (value as Message) : {}; // a message is a map of anything
}

function words(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function hex(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("hex") : "";
}

/** A run that says something. */
export function asksFor(text: string, more: Message = {}): Message {
  return {
    conversationState: {},
    action: { userMessageAction: { userMessage: { text, messageId: "m1", mode: "AGENT_MODE_AGENT" } } },
    requestedModel: { modelId: "test-model" },
    conversationId: "conversation-1",
    ...more,
  };
}
