/**
 * What Cursor's backend asks for while it answers, and what it gets: everything is answered, because an open question makes
 * it wait for ever. We serve the blobs of our own request, keep those it gives us, and refuse to run anything.
 */
import { isRecord, own } from "../../../../base/json.ts";
import { envelope } from "../../../codecs/connect.ts";
import { numberField, optional, recordField, textField } from "../../fields.ts";
import { encodeMessage, type Message } from "../wire/schema.ts";
import { blobKey, contextKey } from "./ids.ts";

/** As an envelope. */
export function clientMessage(message: Message): Uint8Array {
  return envelope(encodeMessage("AgentClientMessage", message));
}

export const heartbeat = (): Uint8Array => clientMessage({ clientHeartbeat: {} });

/** Ends the run: the calls of tools go to the client, whose next request begins another. */
export const cancel = (): Uint8Array =>
  clientMessage({ conversationAction: { cancelAction: { reason: "the client runs the tools itself" } } });

const refusal = "Switchyard runs nothing; use the tools of its MCP server";

/** Answers to an `AgentExecRequest` that is no call of the client's tools. */
export function answerExec(exec: Message, askedBack: ReadonlyMap<string, Uint8Array>): readonly Uint8Array[] {
  const id = numberField(exec, "id") ?? 0;
  const ids = { id, ...optional("execId", textField(exec, "execId")) };
  const close = clientMessage({ execClientControlMessage: { streamClose: { id } } });
  if (own(exec, "requestContextArgs") !== undefined) {
    // Our own message, encoded when the request was written: wrapped by hand, not decoded and encoded again.
    const context = askedBack.get(contextKey) ?? new Uint8Array();
    return [envelope(contextAnswer(ids, context)), close];
  }
  const result = refused(exec);
  if (result === null) return [clientMessage({ execClientControlMessage: { throw: { id, error: refusal } } })];
  return [clientMessage({ execClientMessage: { ...ids, ...result } }), close];
}

/** The refusal that belongs to the kind that was asked; null where the kind has none that we know. */
function refused(exec: Message): Message | null {
  const path = (name: string): Message => ({ path: textField(recordField(exec, name), "path") ?? "", reason: refusal });
  const shell = (name: string): Message => ({
    command: textField(recordField(exec, name), "command") ?? "",
    workingDirectory: textField(recordField(exec, name), "workingDirectory") ?? "",
    reason: refusal,
  });
  const kinds: Readonly<Record<string, () => Message>> = {
    shellArgs: () => ({ shellResult: { rejected: shell("shellArgs") } }),
    shellStreamArgs: () => ({ shellStream: { rejected: shell("shellStreamArgs") } }),
    writeArgs: () => ({ writeResult: { rejected: path("writeArgs") } }),
    deleteArgs: () => ({ deleteResult: { rejected: path("deleteArgs") } }),
    readArgs: () => ({ readResult: { rejected: path("readArgs") } }),
    lsArgs: () => ({ lsResult: { rejected: path("lsArgs") } }),
    diagnosticsArgs: () => ({ diagnosticsResult: { rejected: path("diagnosticsArgs") } }),
    grepArgs: () => ({ grepResult: { error: { error: refusal } } }),
    fetchArgs: () => ({
      fetchResult: { error: { url: textField(recordField(exec, "fetchArgs"), "url") ?? "", error: refusal } },
    }),
  };
  for (const [name, make] of Object.entries(kinds)) if (own(exec, name) !== undefined) return make();
  return null;
}

function contextAnswer(ids: Message, context: Uint8Array): Uint8Array {
  const { id, execId } = ids;
  const success = lengthDelimited(1, context);
  const result = lengthDelimited(1, success);
  // Fields 10 (request_context_result) of the answer, and 2 (exec_client_message) of the client's message.
  const bare = encodeMessage("AgentExecResult", { id, ...(execId === undefined ? {} : { execId }) });
  return lengthDelimited(2, Buffer.concat([bare, lengthDelimited(10, result)]));
}

/** One field of wire type 2. */
function lengthDelimited(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.byteLength), bytes]);
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Buffer.from([...out, rest]);
}

/** Blobs that the backend puts away with us for the time of one run. */
const maxKeptBytes = 32 * 1024 * 1024;

export interface Blobs {
  answer(request: Message): Uint8Array;
}

export function createBlobs(askedBack: ReadonlyMap<string, Uint8Array>): Blobs {
  const kept = new Map<string, Uint8Array>();
  let keptBytes = 0;
  return {
    answer(request) {
      const id = numberField(request, "id") ?? 0;
      const set = own(request, "setBlobArgs");
      if (isRecord(set)) {
        const data = bytesIn(set, "blobData");
        keptBytes += data.byteLength;
        const hasRoom = keptBytes <= maxKeptBytes;
        if (hasRoom) kept.set(blobKey(bytesIn(set, "blobId")), data);
        return kvAnswer(id, { setBlobResult: hasRoom ? {} : { error: { message: "no room" } } });
      }
      const key = blobKey(bytesIn(own(request, "getBlobArgs"), "blobId"));
      const blob = kept.get(key) ?? askedBack.get(key);
      const result = blob === undefined ? { error: { message: "there is no such blob" } } : { blobData: blob };
      return kvAnswer(id, { getBlobResult: result });
    },
  };
}

function kvAnswer(id: number, result: Message): Uint8Array {
  return clientMessage({ kvClientMessage: { id, ...result } });
}

function bytesIn(value: unknown, key: string): Uint8Array {
  const field = own(value, key);
  return field instanceof Uint8Array ? field : new Uint8Array();
}

/** Questions with a known way to say no; the others end the run, because silence would hold it for ever. */
const refusable = {
  webSearchRequestQuery: "webSearchRequestResponse",
  switchModeRequestQuery: "switchModeRequestResponse",
  webFetchRequestQuery: "webFetchRequestResponse",
} as const;

/** Null: there is no answer that we know. */
export function answerQuery(query: Message): Uint8Array | null {
  const id = numberField(query, "id") ?? 0;
  for (const [asked, answer] of Object.entries(refusable)) {
    if (own(query, asked) !== undefined) {
      return clientMessage({ interactionResponse: { id, [answer]: { rejected: { reason: refusal } } } });
    }
  }
  return null;
}
