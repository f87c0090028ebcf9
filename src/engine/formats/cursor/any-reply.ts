/**
 * A recorded answer of either of Cursor's streaming services, where nobody says which one was asked (`translate`, bodies of
 * flows): the messages tell, by what their first field begins with. Most say it with the first; those that fit both are held
 * until one does.
 */
import { createEnvelopeReader, endFlag, type EnvelopeReader } from "../../codecs/connect.ts";
import { FramingError } from "../../codecs/framing-error.ts";
import { protoFields } from "../../codecs/proto-fields.ts";
import type { StreamReader } from "../format.ts";
import { createChatReader } from "./chat/stream-in.ts";
import { createStreamReader } from "./upstream/stream-in.ts";

type Service = "chat" | "agent";

export function createAnyReader(): StreamReader {
  const envelopes = createEnvelopeReader(null);
  let held: Uint8Array[] = [];
  let reader: StreamReader | null = null;

  /** With all that was held; from here on bytes go straight through. */
  const decide = (service: Service): StreamReader => {
    reader = service === "agent" ? createStreamReader() : createChatReader();
    return reader;
  };

  return {
    push(bytes) {
      if (reader !== null) return reader.push(bytes);
      held.push(bytes);
      const service = told(envelopes, bytes);
      if (service === null) return [];
      const all = held;
      held = [];
      const chosen = decide(service);
      return all.flatMap((one) => chosen.push(one));
    },
    end() {
      if (reader !== null) return reader.end();
      const chosen = decide("chat");
      return [...held.flatMap((one) => chosen.push(one)), ...chosen.end()];
    },
  };
}

/** Null: nothing has told yet. What cannot be read, and a last envelope, either reader has the words for. */
function told(envelopes: EnvelopeReader, bytes: Uint8Array): Service | null {
  try {
    for (const { flags, payload } of envelopes.push(bytes)) {
      const service = (flags & endFlag) === 0 ? serviceOf(payload) : "chat";
      if (service !== null) return service;
    }
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    return "chat";
  }
  return null;
}

/**
 * `AgentServerMessage` against `ChatServerMessage` (wire/proto.ts): an update holds a message where a tool call begins with
 * the number of its tool; what the agent asks begins with a number where the chat's answer begins with its text.
 */
function serviceOf(payload: Uint8Array): Service | null {
  const outer = firstField(payload);
  // No message at all: an error object outside the last envelope, or bytes that nobody can read.
  if (outer === null) return payload.byteLength === 0 ? null : "chat";
  const inner = outer.type === lengthDelimited ? firstField(outer.bytes) : null;
  if (inner === null) return null;
  if (outer.number === 1) return inner.type === varint ? "chat" : "agent";
  if (outer.number === 2 && inner.type === varint) return "agent";
  if (outer.number === 2) return inner.number === 1 ? "chat" : null;
  return outer.number === 4 && inner.type === varint ? "agent" : null;
}

const varint = 0;
const lengthDelimited = 2;

function firstField(bytes: Uint8Array): NonNullable<ReturnType<typeof protoFields>>[number] | null {
  const fields = protoFields(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return fields?.[0] ?? null;
}
