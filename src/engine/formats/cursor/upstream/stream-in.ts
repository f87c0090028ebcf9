/**
 * An agent run's answer → hub events, and what has to be said back meanwhile (`talk`). Only an `exec_server_message` is a
 * request: the tool events beside it are for the client's screen and would be the same call once more. A call of the
 * client's tools ends the run, because its result comes with the client's next request.
 */
import { own } from "../../../../base/json.ts";
import { createEnvelopeReader, endFlag, envelopeLimits, type Envelope } from "../../../codecs/connect.ts";
import { FramingError } from "../../../codecs/framing-error.ts";
import type { EngineError } from "../../../errors/engine-error.ts";
import { settleFinish } from "../../../hub/finish.ts";
import type { ReplyContext } from "../../../hub/restore.ts";
import { createSegments } from "../../../hub/segments.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import { booleanField, numberField, optional, recordField, textField } from "../../fields.ts";
import type { StreamReader } from "../../format.ts";
import { withContext } from "../../reader-stages.ts";
import { readEnd, readStrayFault } from "../end-frame.ts";
import { decodeMessage, MessageError, type Message } from "../wire/schema.ts";
import { answerExec, answerQuery, cancel, createBlobs, heartbeat } from "./answers.ts";
import { fromJsonFields } from "../json-value.ts";
import { createTurnUsage } from "./usage.ts";

export function createStreamReader(context?: ReplyContext): StreamReader {
  return withContext(createReader(context), context);
}

const nothingAsked: ReadonlyMap<string, Uint8Array> = new Map();

function createReader(context: ReplyContext | undefined): StreamReader {
  const envelopes = createEnvelopeReader("gzip", envelopeLimits(context?.limits));
  const askedBack = context?.askedBack ?? nothingAsked;
  const blobs = createBlobs(askedBack);
  const usage = createTurnUsage(context?.estimateInput);
  const from = {
    format: "cursor",
    ...optional("model", context?.model),
    ...optional("origin", context?.origin),
  } as const;
  const segments = createSegments({ ordinalSeed: () => "cursor", from: () => from });
  const seenCalls = new Set<string>();
  let answers: Uint8Array[] = [];
  let isStarted = false;
  let isOver = false;
  let hasTurnEnded = false;
  let isSettled = false;

  const fail = (out: StreamEvent[], error: EngineError): void => {
    if (isOver) return;
    isOver = true;
    out.push({ type: "error", error });
  };

  const start = (out: StreamEvent[]): void => {
    if (isStarted) return;
    isStarted = true;
    out.push({ type: "reply-start", id: null, model: null });
  };

  const drop = (out: StreamEvent[], what: string): void => {
    start(out);
    out.push({ type: "dropped", what });
  };

  const finish = (out: StreamEvent[]): void => {
    start(out);
    out.push(...segments.close());
    isOver = true;
    const tools = segments.toolCount();
    const reason = settleFinish({ reason: "stop", raw: hasTurnEnded ? "turn_ended" : null }, tools);
    out.push({ type: "reply-end", finish: reason, usage: usage.result() });
  };

  const takeUpdate = (out: StreamEvent[], update: Message): void => {
    const text = recordField(update, "textDelta");
    if (text !== undefined) {
      const said = textField(text, "text") ?? "";
      if (booleanField(text, "isServerNotice") === true) drop(out, "a notice of Cursor's service");
      else if (said !== "") {
        start(out);
        usage.said(said.length);
        out.push(...segments.prose("text", said));
      }
    }
    const thought = textField(recordField(update, "thinkingDelta"), "text") ?? "";
    if (thought !== "") {
      start(out);
      usage.said(thought.length);
      out.push(...segments.prose("thinking", thought));
    }
    usage.written(numberField(recordField(update, "tokenDelta"), "tokens") ?? 0);
    const turn = recordField(update, "turnEnded");
    if (turn !== undefined) {
      hasTurnEnded = true;
      usage.ended(turn);
    }
    if (own(update, "summary") !== undefined) drop(out, "a summary of the conversation by Cursor's service");
    // The backend says that it is there and has nothing else to say: it waits for the calls.
    if (own(update, "heartbeat") !== undefined && segments.toolCount() > 0) isSettled = true;
  };

  const takeCall = (out: StreamEvent[], exec: Message, args: Message): void => {
    const id = textField(args, "toolCallId") ?? `exec_${numberField(exec, "id") ?? 0}`;
    if (seenCalls.has(id)) return;
    seenCalls.add(id);
    start(out);
    const text = JSON.stringify(fromJsonFields(own(args, "args")));
    usage.said(text.length);
    const call = segments.startTool();
    out.push(...segments.toolDelta(call, { id, name: nameOf(args), text }));
  };

  const takeMessage = (out: StreamEvent[], message: Message): void => {
    const update = recordField(message, "interactionUpdate");
    if (update !== undefined) takeUpdate(out, update);
    const exec = recordField(message, "execServerMessage");
    const call = recordField(exec, "mcpArgs");
    if (exec !== undefined && call !== undefined) takeCall(out, exec, call);
    else if (exec !== undefined) answers.push(...answerExec(exec, askedBack));
    const kv = recordField(message, "kvServerMessage");
    if (kv !== undefined) answers.push(blobs.answer(kv));
    const query = recordField(message, "interactionQuery");
    if (query !== undefined) {
      const answer = answerQuery(query);
      if (answer !== null) answers.push(answer);
      else {
        const words = "Cursor asked its user something that has no answer here";
        fail(out, { kind: "unsupported", message: words });
      }
    }
  };

  const takeEnd = (out: StreamEvent[], payload: Uint8Array): void => {
    const error = readEnd(payload);
    if (error !== null) fail(out, error);
    else if (!hasTurnEnded && segments.blockCount() === 0 && segments.toolCount() === 0) {
      fail(out, { kind: "malformed-reply", message: "Cursor ended the run without saying anything" });
    } else finish(out);
  };

  const take = (out: StreamEvent[], { flags, payload }: Envelope): void => {
    if (isOver) return;
    if ((flags & endFlag) !== 0) {
      takeEnd(out, payload);
      return;
    }
    const stray = readStrayFault(payload);
    if (stray !== null) {
      fail(out, stray);
      return;
    }
    try {
      takeMessage(out, decodeMessage("AgentServerMessage", payload));
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      fail(out, { kind: "protocol", message: `Cursor's answer cannot be read: ${error.message}` });
    }
  };

  const framed = (out: StreamEvent[], read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      const kind = error.reason === "truncated" ? "truncated" : "protocol";
      fail(out, { kind, message: `Cursor's answer: ${error.message}` });
    }
  };

  return {
    push(bytes) {
      const out: StreamEvent[] = [];
      framed(out, () => {
        for (const one of envelopes.push(bytes)) {
          take(out, one);
          if (isSettled && !isOver) settleNow(out);
        }
      });
      if (isSettled && !isOver) settleNow(out);
      return out;
    },
    end() {
      const out: StreamEvent[] = [];
      if (isOver) return out;
      framed(out, () => envelopes.end());
      if (isOver) return out;
      fail(out, { kind: "truncated", message: "Cursor's answer stopped before its last envelope" });
      return out;
    },
    talk: {
      answers() {
        const said = answers;
        answers = [];
        return said;
      },
      beat: () => (isOver ? null : heartbeat()),
      isWaiting: () => !isOver && segments.toolCount() > 0,
      settle() {
        isSettled = true;
      },
    },
  };

  function settleNow(out: StreamEvent[]): void {
    answers.push(cancel());
    finish(out);
  }
}

/** `tool_name` is the tool's own; `name` has the server in front of it (`switchyard-read`, on older wires `mcp_switchyard_read`). */
function nameOf(args: Message): string {
  const own = textField(args, "toolName") ?? "";
  if (own !== "") return own;
  const name = textField(args, "name") ?? "";
  const server = textField(args, "providerIdentifier") ?? "";
  for (const prefix of [`mcp_${server}_`, `mcp_${server}-`, `${server}-`, `${server}_`]) {
    if (server !== "" && name.startsWith(prefix)) return name.slice(prefix.length);
  }
  return name;
}
