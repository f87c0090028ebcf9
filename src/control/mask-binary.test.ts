import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import cursorVectors from "../../test/vectors/cursor-vectors.json" with { type: "json" };
import eventVectors from "../../test/vectors/eventstream-vectors.json" with { type: "json" };
import { createRedactor } from "../base/redact.ts";
import { createEventFrameReader, encodeEvent } from "../engine/codecs/aws-event-stream.ts";
import { binaryKind } from "../engine/codecs/binary-kind.ts";
import { compressedFlag, createEnvelopeReader, endEnvelope, envelope } from "../engine/codecs/connect.ts";
import { decodeMessage, encodeMessage } from "../engine/formats/cursor/wire/schema.ts";
import { maskBody } from "./recording/mask-bytes.ts";

const known = "aorAAAAAGkc4Q0Zk9x1known";
const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHx1c2VyXzAxIn0.c2lnbmF0dXJl1234567890";
const redactor = createRedactor();
redactor.register(known);

const masked = (body: Uint8Array, type: string): Promise<Buffer> =>
  maskBody(Buffer.from(body), type, redactor, { emails: true });

const run = (text: string): Uint8Array =>
  encodeMessage("AgentClientMessage", {
    runRequest: { action: { userMessageAction: { userMessage: { text } } }, conversationId: "c1" },
  });

describe("a protobuf message", () => {
  it.each([31, 40, 48, 57, 65, 97, 110, 122, 130, 200])("has a token of %i characters blanked", async (length) => {
    // A token right behind its length: from 48 on that byte is a digit or a letter now and then.
    const secret = token.padEnd(length, "x").slice(0, Math.max(length, 60)).padEnd(length, "x");
    const bytes = encodeMessage("BidiRequestId", { requestId: secret });
    const seen = await masked(bytes, "application/proto");
    expect(seen).toHaveLength(bytes.byteLength);
    expect(decodeMessage("BidiRequestId", seen)["requestId"]).toBe("*".repeat(secret.length));
  });

  it("keeps everything around it, fields that nobody described included", async () => {
    const inner = encodeMessage("BidiRequestId", { requestId: token });
    const unknown = Buffer.concat([Buffer.from([0xf2, 0x7f]), Buffer.from([inner.byteLength]), inner]);
    const bytes = Buffer.concat([encodeMessage("BidiAppendRequest", { appendSeqno: "7" }), unknown]);
    const seen = await masked(bytes, "application/proto");
    expect(seen.toString("latin1")).not.toContain("eyJzdWI");
    expect(decodeMessage("BidiAppendRequest", seen)["appendSeqno"]).toBe("7");
  });

  it("is looked at where it stands in hexadecimal", async () => {
    const data = Buffer.from(run(`my token is ${token} and ${known}, write to jane.doe@example.com`)).toString("hex");
    const bytes = encodeMessage("BidiAppendRequest", { data, requestId: { requestId: "r" } });
    const seen = decodeMessage("BidiAppendRequest", await masked(bytes, "application/proto"));
    const inner = Buffer.from(String(seen["data"]), "hex");
    expect(decodeMessage("AgentClientMessage", inner)).toMatchObject({
      runRequest: {
        action: {
          userMessageAction: {
            userMessage: {
              text: `my token is ${"*".repeat(token.length)} and ${"*".repeat(known.length)}, write to ${"*".repeat(20)}`,
            },
          },
        },
      },
    });
  });

  it("has the names of JSON in it heeded", async () => {
    const blob = Buffer.from(
      JSON.stringify({ refreshToken: "opaque-value-1", machineId: "a".repeat(64), role: "user" }),
    );
    const bytes = encodeMessage("AgentPreFetchedBlob", { id: Buffer.alloc(32, 0xee), value: blob });
    const seen = Buffer.from(
      decodeMessage("AgentPreFetchedBlob", await masked(bytes, "application/proto"))["value"] as Uint8Array,
    ); // of type bytes
    expect(JSON.parse(seen.toString())).toEqual({
      refreshToken: "*".repeat(14),
      machineId: "*".repeat(64),
      role: "user",
    });
  });
});

describe("a stream of envelopes", () => {
  it("stays one where a packed message held a secret", async () => {
    const packed = gzipSync(run(`use ${token} ${"and more words ".repeat(20)}`));
    const body = Buffer.concat([envelope(packed, compressedFlag), envelope(run("clean")), endEnvelope()]);
    const seen = await masked(body, "application/connect+proto");
    expect(seen).toHaveLength(body.byteLength);
    const [first, second, end] = createEnvelopeReader("gzip").push(seen);
    expect(Buffer.from(first?.payload ?? []).toString("latin1")).toContain(`use ${"*".repeat(token.length)} and`);
    expect(Buffer.from(second?.payload ?? [])).toEqual(Buffer.from(run("clean")));
    expect(Buffer.from(end?.payload ?? []).toString()).toBe("{}");
    expect(gunzipSync(seen.subarray(5, 5 + packed.byteLength)).byteLength).toBeGreaterThan(0);
  });

  it("has a secret blanked that was said in pieces", async () => {
    const delta = (text: string): Uint8Array =>
      envelope(encodeMessage("AgentServerMessage", { interactionUpdate: { textDelta: { text } } }));
    const pieces = [known.slice(0, 7), known.slice(7, 13), known.slice(13)];
    const body = Buffer.concat([...pieces.map(delta), endEnvelope()]);
    const seen = (await masked(body, "text/event-stream")).toString("latin1");
    for (const piece of pieces) expect(seen).not.toContain(piece);
  });

  it("has the error at its end looked at", async () => {
    const body = endEnvelope({ error: { code: "unauthenticated", message: `bad token ${token}` } });
    expect((await masked(body, "application/connect+proto")).toString()).not.toContain("eyJ");
  });

  it("that was cut in a packed message shows nothing of it", async () => {
    const body = envelope(gzipSync(run(token)), compressedFlag).subarray(0, 60);
    expect((await masked(body, "application/connect+proto")).subarray(5).every((byte) => byte === 0x2a)).toBe(true);
  });
});

describe("an AWS event stream", () => {
  it("keeps its checksums right", async () => {
    const event = (content: string): Uint8Array =>
      encodeEvent("assistantResponseEvent", Buffer.from(JSON.stringify({ content })));
    const body = Buffer.concat([event(`a ${token} b`), event(known.slice(0, 9)), event(known.slice(9))]);
    const seen = await masked(body, "application/vnd.amazon.eventstream");
    const frames = createEventFrameReader().push(seen);
    expect(frames.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()) as unknown)).toEqual([
      { content: `a ${"*".repeat(token.length)} b` },
      { content: "*".repeat(9) },
      { content: "*".repeat(known.length - 9) },
    ]);
  });
});

it("leaves what holds no secret as it is, byte for byte", async () => {
  for (const { hex } of eventVectors.streams) {
    const body = Buffer.from(hex, "hex");
    expect(await masked(body, "application/vnd.amazon.eventstream")).toEqual(body);
  }
  for (const { hex, name } of cursorVectors.streams) {
    const body = Buffer.from(hex, "hex");
    expect([name, await masked(body, "application/connect+proto")]).toEqual([name, body]);
  }
  for (const { hex, name } of cursorVectors.messages) {
    const body = Buffer.from(hex, "hex");
    expect([name, await masked(body, "application/proto")]).toEqual([name, body]);
  }
});

it("keeps the length of anything", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
      for (const body of [
        bytes,
        envelope(bytes),
        envelope(bytes, compressedFlag),
        Buffer.concat([envelope(bytes), bytes]),
      ]) {
        for (const type of ["application/proto", "application/connect+proto", "application/vnd.amazon.eventstream"]) {
          expect(await masked(body, type)).toHaveLength(body.byteLength);
          binaryKind(body, type);
        }
      }
    }),
    { numRuns: 100 },
  );
});
