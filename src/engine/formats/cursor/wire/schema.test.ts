import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEnvelopeReader } from "../../../codecs/connect.ts";
import { decodeMessage, editMessage, encodeMessage, MessageError } from "./schema.ts";

interface Vectors {
  readonly messages: readonly {
    readonly name: string;
    readonly type: string;
    readonly hex: string;
    readonly protobufjs_json: Readonly<Record<string, unknown>>;
  }[];
  readonly malformed: readonly { readonly name: string; readonly hex: string }[];
}

// Our own file; its shape is the interface above.
const vectors = JSON.parse(
  readFileSync(new URL("../../../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as Vectors;

/** Values as the vectors' JSON has them: bytes in base64, 64-bit numbers as numbers where they fit. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asJson(inner)]));
}

/** 64-bit numbers are text in both spellings here, so that either compares. */
function loose(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(loose);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, loose(inner)]));
}

describe("Cursor's messages", () => {
  it.each(vectors.messages)("$name is read and written back to the same bytes", ({ type, hex, protobufjs_json }) => {
    const bytes = Buffer.from(hex, "hex");
    const message = decodeMessage(type, bytes);
    expect(loose(asJson(message))).toEqual(loose(protobufjs_json));
    expect(Buffer.from(encodeMessage(type, message)).toString("hex")).toBe(hex);
  });

  it("have 64-bit numbers as text, whatever their size", () => {
    const inputTokens = "9007199254740993";
    const bytes = encodeMessage("AgentTurnEnded", { inputTokens });
    expect(decodeMessage("AgentTurnEnded", bytes)).toEqual({ inputTokens });
  });

  it("are not written with a field that would be lost", () => {
    expect(() => encodeMessage("ChatServerMessage", { chatResponse: { txt: "a" } })).toThrow(/has no field txt/);
    expect(() => encodeMessage("ChatRequest", { conversation: [{ role: 1 }] })).toThrow(/has no field role/);
  });

  it("keep what the schema does not know through an edit, at any depth", () => {
    // Field 1000 with "deep" inside the model details, field 999 at the top: nobody's, of any later version.
    const unknown = (field: number): Buffer => {
      const tag = field * 8 + 2;
      return Buffer.from([(tag & 0x7f) | 0x80, tag >> 7, 4, ...Buffer.from("deep")]);
    };
    const details = Buffer.concat([Buffer.from([0x0a, 1, 0x61]), unknown(1000)]);
    const request = Buffer.concat([Buffer.from([0x2a, details.byteLength]), details]);
    const bytes = Buffer.concat([Buffer.from([0x0a, request.byteLength]), request, unknown(999)]);
    const edited = editMessage("ChatClientMessage", bytes, (message) => {
      const chat = message["chatRequest"] as { modelDetails: { modelName: string } }; // the schema's
      chat.modelDetails.modelName = "another";
    });
    expect(decodeMessage("ChatClientMessage", edited)).toEqual({
      chatRequest: { modelDetails: { modelName: "another" } },
    });
    expect(Buffer.from(edited).includes(unknown(1000))).toBe(true);
    expect(Buffer.from(edited).includes(unknown(999))).toBe(true);
    expect(edited.byteLength).toBe(bytes.byteLength + "another".length - 1);
  });

  it("with names of Object's own do no harm", () => {
    const bytes = encodeMessage("JsonObject", {
      fields: Object.fromEntries([
        ["__proto__", { stringValue: "x" }],
        ["constructor", { boolValue: true }],
      ]),
    });
    const message = decodeMessage("JsonObject", bytes);
    expect(({} as Record<string, unknown>)["stringValue"]).toBeUndefined();
    expect(Object.keys(message["fields"] as object)).toContain("constructor");
  });

  const refused = [
    "json-error-without-end-flag",
    "protobuf-bad-wire-type",
    "protobuf-len-overrun",
    "protobuf-invalid-utf8",
  ];
  const read = ["protobuf-varint-11-bytes", "unknown-group", "empty-message"];

  it.each(vectors.malformed.filter(({ name }) => [...refused, ...read].includes(name)))(
    "$name is a MessageError or is skipped",
    ({ name, hex }) => {
      const [first] = createEnvelopeReader(null).push(Buffer.from(hex, "hex"));
      const decode = (): unknown => decodeMessage("ChatServerMessage", first?.payload ?? Buffer.alloc(0));
      if (refused.includes(name)) expect(decode).toThrow(MessageError);
      else expect(decode()).toEqual({});
    },
  );

  it("nested without end are refused", () => {
    let bytes = Buffer.alloc(0);
    for (let depth = 0; depth < 400; depth += 1) {
      const list = Buffer.concat([Buffer.from([0x0a]), varint(bytes.byteLength), bytes]);
      bytes = Buffer.concat([Buffer.from([0x32]), varint(list.byteLength), list]);
    }
    expect(() => decodeMessage("JsonValue", bytes)).toThrow(MessageError);
    expect(() => editMessage("JsonValue", bytes, () => {})).toThrow(MessageError);
  });

  it("that were damaged are read or are a MessageError, soon and no larger than they came", () => {
    const seeds = fc.constantFrom(...vectors.messages);
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 });
    let slowest = 0;
    decodeMessage("ChatClientMessage", Buffer.alloc(0));
    fc.assert(
      fc.property(seeds, flips, fc.uint8Array({ maxLength: 9 }), ({ type, hex }, changes, more) => {
        const bytes = Buffer.concat([Buffer.from(hex, "hex"), more]);
        for (const [at, mask] of changes) bytes[at % bytes.byteLength] = (bytes[at % bytes.byteLength] ?? 0) ^ mask;
        const before = process.cpuUsage();
        try {
          decodeMessage(type, bytes);
          editMessage(type, bytes, () => {});
        } catch (error) {
          if (!(error instanceof MessageError)) throw error;
        }
        const { user, system } = process.cpuUsage(before);
        slowest = Math.max(slowest, (user + system) / 1000);
      }),
      { numRuns: 2000, seed: 20_261_122 },
    );
    // The first use of a type writes its code; what is measured here is that nothing runs away.
    expect(slowest).toBeLessThan(500);
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}
