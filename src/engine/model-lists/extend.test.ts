import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../../test/vectors/cursor-vectors.json" with { type: "json" };
import { compressedFlag, createEnvelopeReader, endEnvelope, envelope } from "../codecs/connect.ts";
import { decodeMessage } from "../formats/cursor/wire/schema.ts";
import { extendedList } from "./extend.ts";
import { listShape, type ListShape } from "./which.ts";

const vector = (name: string): Buffer => {
  const found = vectors.messages.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return Buffer.from(found.hex, "hex");
};

const available = vector("available-models-response");
const usable = vector("usable-models-response");
const proto = "application/proto";
const models = ["combo/deep", "default", "fast"];

function read(type: string, bytes: Uint8Array | null): Readonly<Record<string, unknown>> {
  if (bytes === null) throw new Error("nothing was added");
  return decodeMessage(type, bytes);
}

describe("Cursor's list", () => {
  it("has the missing models at its end, and the rest as it was", () => {
    const before = read("AvailableModelsResponse", available);
    const after = read("AvailableModelsResponse", extendedList("cursor-available", available, proto, models));
    expect(after["modelNames"]).toEqual(["default", "combo/deep", "fast"]);
    const [listed, given] = [after["models"], before["models"]] as [object[], object[]]; // repeated messages
    expect(listed.slice(0, given.length)).toEqual(given);
    expect(listed.slice(given.length)).toMatchObject([
      { name: "combo/deep", supportsAgent: true, clientDisplayName: "combo/deep" },
      { name: "fast" },
    ]);
  });

  it("keeps fields that nobody described, also inside its rows", () => {
    const unknown = Buffer.from([0xfa, 0x7f, 0x03, 0x61, 0x62, 0x63]);
    const row = Buffer.concat([Buffer.from([0x0a, 0x01, 0x78]), unknown]);
    const body = Buffer.concat([Buffer.from([0x12, row.byteLength]), row, unknown]);
    const extended = Buffer.from(extendedList("cursor-available", body, proto, models) ?? []);
    expect(extended.toString("hex").split(unknown.toString("hex"))).toHaveLength(3);
  });

  it("of usable models is extended as well", () => {
    const after = read("AgentUsableModelsResponse", extendedList("cursor-usable", usable, proto, models));
    expect((after["models"] as { modelId: string }[]).map(({ modelId }) => modelId)).toEqual([
      "default",
      "combo/deep",
      "fast",
    ]); // repeated messages
  });

  it("in an envelope stays in one, packed where it was, with what follows", () => {
    for (const [payload, flags] of [
      [usable, 0],
      [gzipSync(usable), compressedFlag],
    ] as const) {
      const body = Buffer.concat([envelope(payload, flags), endEnvelope()]);
      const extended = extendedList("cursor-usable", body, "application/connect+proto", models);
      const [first, end] = createEnvelopeReader("gzip").push(extended ?? new Uint8Array());
      expect(first?.flags).toBe(flags);
      expect(Buffer.from(first?.payload ?? []).toString("latin1")).toContain("combo/deep");
      expect(end?.flags).toBe(2);
    }
  });

  it("in JSON stays JSON", () => {
    const body = Buffer.from(JSON.stringify({ modelNames: ["a"], models: [{ name: "a" }], later: { x: 1 } }));
    const extended = extendedList("cursor-available", body, "application/json", ["b"]);
    expect(JSON.parse(Buffer.from(extended ?? []).toString())).toMatchObject({
      modelNames: ["a", "b"],
      models: [{ name: "a" }, { name: "b" }],
      later: { x: 1 },
    });
  });
});

it("extends Kiro's list", () => {
  const body = Buffer.from(
    JSON.stringify({ defaultModel: { modelId: "auto" }, models: [{ modelId: "auto", rate: 1 }] }),
  );
  const extended = extendedList("kiro", body, "application/x-amz-json-1.0", ["auto", "fast"]);
  expect(JSON.parse(Buffer.from(extended ?? []).toString())).toEqual({
    defaultModel: { modelId: "auto" },
    models: [
      { modelId: "auto", rate: 1 },
      { modelId: "fast", modelName: "fast", description: "Routed by Switchyard" },
    ],
  });
});

describe("left alone", () => {
  it.each([
    ["what lists them all already", "cursor-usable", usable, proto, ["default"]],
    ["when nothing is routed", "cursor-usable", usable, proto, []],
    ["an empty answer", "cursor-available", Buffer.alloc(0), proto, models],
    ["bytes that are no message", "cursor-available", Buffer.from("ffff", "hex"), proto, models],
    ["an error in JSON", "kiro", Buffer.from('{"message":"no"}'), "application/json", models],
    ["a page", "kiro", Buffer.from("<html>"), "text/html", models],
    [
      "numbers that JSON here cannot hold",
      "kiro",
      Buffer.from('{"models":[],"n":12345678901234567890}'),
      "application/json",
      models,
    ],
  ] as const)("is %s", (_, shape, body, type, names) => {
    expect(extendedList(shape, body, type, names)).toBeNull();
  });

  it("or extended, anything: never thrown at", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom<ListShape>("cursor-available", "cursor-usable", "kiro"),
        (bytes, shape) => {
          for (const type of [proto, "application/connect+proto", "application/json", ""]) {
            for (const body of [bytes, envelope(bytes)]) {
              const extended = extendedList(shape, body, type, models);
              if (extended !== null) expect(Buffer.from(extended).toString("latin1")).toContain("combo/deep");
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a call for a list", () => {
  const head = (host: string, target: string, method = "POST", headers: readonly (readonly [string, string])[] = []) =>
    listShape({ method, host, target, headers });

  it("is told by host, path and operation", () => {
    expect(head("api2.cursor.sh", "/aiserver.v1.AiService/AvailableModels")).toBe("cursor-available");
    expect(head("agent.api5.cursor.sh", "/agent.v1.AgentService/GetUsableModels")).toBe("cursor-usable");
    expect(head("q.us-east-1.amazonaws.com", "/listAvailableModels?origin=AI_EDITOR", "GET")).toBe("kiro");
    expect(head("management.us-east-1.kiro.dev", "/List-Available-Models", "GET")).toBe("kiro");
    const operation = [["x-amz-target", "AmazonCodeWhispererService.ListAvailableModels"]] as const;
    expect(head("codewhisperer.us-east-1.amazonaws.com", "/", "POST", operation)).toBe("kiro");
  });

  it("is nothing else on those hosts, and nothing elsewhere", () => {
    expect(head("api2.cursor.sh", "/aiserver.v1.AiService/CheckQueuePosition")).toBeNull();
    expect(head("api2.cursor.sh", "/agent.v1.AgentService/Run")).toBeNull();
    expect(head("api2.cursor.sh.evil.example", "/aiserver.v1.AiService/AvailableModels")).toBeNull();
    expect(head("q.us-east-1.amazonaws.com", "/getUsageLimits", "GET")).toBeNull();
    expect(head("q.us-east-1.amazonaws.com", "/", "POST", [["x-amz-target", "X.ListProfiles"]])).toBeNull();
  });
});
