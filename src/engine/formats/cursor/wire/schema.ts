/**
 * Cursor's messages, by protobufjs, which is wrapped here alone. Library and schema are loaded at their first use, which
 * costs some 150 ms of that one call (measured 2026-11): a core that never sees Cursor pays nothing for them.
 */
import type * as protobuf from "protobufjs";
import { lazyPackage } from "../../../../base/lazy-package.ts";
import { isRecord } from "../../../../base/json.ts";
import { cursorProto } from "./proto.ts";

/** A message as plain values: bytes as `Uint8Array`, 64-bit numbers as decimal text, enums by name, absent fields absent. */
export type Message = Readonly<Record<string, unknown>>;

/** Bytes that are not this message: cut, wrong wire types, text that is not UTF-8, nested too deep. */
export class MessageError extends Error {
  constructor(type: string, why: string) {
    super(`not a ${type}: ${why}`);
    this.name = "MessageError";
  }
}

const loadProtobuf = lazyPackage<typeof protobuf>("protobufjs");
let root: protobuf.Root | null = null;

function typeOf(name: string): protobuf.Type {
  root ??= loadProtobuf().parse(cursorProto).root;
  return root.lookupType(`cursorwire.${name}`);
}

/** @throws MessageError */
export function decodeMessage(name: string, bytes: Uint8Array): Message {
  const type = typeOf(name);
  return type.toObject(decoded(type, bytes), { longs: String, enums: String, oneofs: false });
}

/**
 * Changes a message in place and writes it again, with everything the schema does not know, at any depth. `edit` sees
 * protobufjs' own values: 64-bit numbers as `Long`, enums as numbers, absent fields as their defaults.
 * @throws MessageError
 */
export function editMessage(
  name: string,
  bytes: Uint8Array,
  edit: (message: Record<string, unknown>) => void,
): Uint8Array {
  const type = typeOf(name);
  const reader = loadProtobuf().Reader.create(bytes);
  reader.discardUnknown = false;
  const message = decoded(type, reader);
  edit(message as unknown as Record<string, unknown>); // a message is its fields
  return type.encode(message).finish();
}

/** Values as `decodeMessage` gives them. Fields that the schema does not know are refused: they would be lost in silence. */
export function encodeMessage(name: string, message: Message): Uint8Array {
  const type = typeOf(name);
  checkKnown(type, message);
  return type.encode(type.fromObject(message)).finish();
}

/** @throws TypeError: whoever wrote the message meant something that would not be sent. */
function checkKnown(type: protobuf.Type, message: Message): void {
  for (const [name, value] of Object.entries(message)) {
    const field = type.fields[name];
    if (field === undefined) throw new TypeError(`${type.name} has no field ${name}`);
    const inner = field.resolve().resolvedType;
    if (inner === null || !("fieldsArray" in inner)) continue;
    // Lists, maps and single messages: each holds messages of this one type.
    const values: readonly unknown[] = field.map && isRecord(value) ? Object.values(value) : [value].flat();
    for (const one of values) if (isRecord(one)) checkKnown(inner, one);
  }
}

function decoded(type: protobuf.Type, bytes: Uint8Array | protobuf.Reader): protobuf.Message {
  try {
    return type.decode(bytes);
  } catch (error) {
    throw new MessageError(type.name, error instanceof Error ? error.message : String(error));
  }
}
