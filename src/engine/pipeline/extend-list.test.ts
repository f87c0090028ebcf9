import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bodyOf, type HeaderPairs } from "../../base/http.ts";
import { headerValue } from "../../base/headers.ts";
import { passThrough } from "../../base/exchange.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { decodeMessage, encodeMessage } from "../formats/cursor/wire/schema.ts";
import { createRig, type Play, type Rig } from "./__fixtures__/rig.ts";

const rules = `
providers:
  local: { type: openai-compatible, endpoint: "http://127.0.0.1:9/v1", auth_type: none, models: [{ name: small }, { name: large }] }
combos: { deep: [local/large] }
aliases: { fast: local/small }
routes:
  - match: { host: "*.cursor.sh", model: "my-model" }
    to: local/small
  - match: { client: cursor, model: "local/*" }
    to: local/*
  - match: { host: "*.cursor.sh", path: "/agent.v1.AgentService/*" }
    to: combo/deep
  - match: { host: "api.openai.com", model: "elsewhere" }
    to: local/small
`;
const on = `${rules}\nsettings: { extend_model_lists: true }`;
const list = encodeMessage("AvailableModelsResponse", { modelNames: ["default"], models: [{ name: "default" }] });

const target = "/aiserver.v1.AiService/AvailableModels";
const headers: HeaderPairs = [
  ["authorization", "Bearer its-own"],
  ["content-type", "application/proto"],
  ["x-cursor-checksum", "abc"],
  ["connection", "keep-alive"],
];
const asked = { host: "api2.cursor.sh", target, client: "cursor", headers, raw: Buffer.from("{}") } as const;

const answered =
  (body: Uint8Array, more: HeaderPairs = [], status = 200): Play =>
  () => ({
    status,
    headers: [["content-type", "application/proto"], ["content-length", String(body.byteLength)], ...more],
    body: bodyOf(body),
  });

async function bytesOf(rig: Rig): Promise<Buffer> {
  const reply = await rig.open(asked);
  if (reply === passThrough) throw new Error("passed through");
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  expect(headerValue(reply.headers, "content-length")).toBe(String(bytes.byteLength));
  return bytes;
}

describe("a client's list of models", () => {
  it("is asked for with the client's own words, and has what rules route", async () => {
    const rig = createRig(on, answered(list));
    const names = decodeMessage("AvailableModelsResponse", await bytesOf(rig))["modelNames"];
    expect(names).toEqual(["default", "my-model", "local/small", "local/large", "combo/deep"]);
    const [sent] = rig.sent;
    expect(sent?.request.host).toBe("api2.cursor.sh");
    expect(sent?.request.target).toBe(target);
    expect(headerValue(sent?.request.headers ?? [], "authorization")).toBe("Bearer its-own");
    expect(headerValue(sent?.request.headers ?? [], "x-cursor-checksum")).toBe("abc");
    expect(sent?.text).toBe("{}");
    expect(rig.why("translate").join()).toContain("my-model");
  });

  it("comes packed as it came", async () => {
    const rig = createRig(on, answered(gzipSync(list), [["content-encoding", "gzip"]]));
    expect(gunzipSync(await bytesOf(rig)).toString("latin1")).toContain("combo/deep");
  });

  it.each([
    ["an error", answered(Buffer.from("nope"), [], 403), "nope"],
    ["an error that looks like a list", answered(list, [], 500), Buffer.from(list).toString("latin1")],
    ["what cannot be read", answered(Buffer.from("garbage")), "garbage"],
    ["what is packed in an unknown way", answered(Buffer.from("zzz"), [["content-encoding", "zz"]]), "zzz"],
    ["what says it is packed and is not", answered(Buffer.from("zzz"), [["content-encoding", "gzip"]]), "zzz"],
  ])("is passed on as it came when it is %s", async (_, play, text) => {
    expect((await bytesOf(createRig(on, play))).toString("latin1")).toBe(text);
  });

  it("larger than any list goes on whole", async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, 0x61);
    expect((await bytesOf(createRig(on, answered(large)))).equals(large)).toBe(true);
  });

  it("is the relay's where nobody can be reached, or another HTTP is wanted", async () => {
    const refused: Play = () => {
      throw new UpstreamError("refused", "connect", "nobody there");
    };
    expect(await createRig(on, refused).open(asked)).toBe(passThrough);
    expect(await createRig(on, answered(Buffer.alloc(0), [], 464)).open(asked)).toBe(passThrough);
  });

  it("is asked for in the client's own HTTP, and in the older where its host speaks nothing else", async () => {
    const rig = createRig(on, answered(list));
    await rig.open({ ...asked, protocol: "h2" });
    expect(rig.sent.map(({ request }) => request.over)).toEqual(["h2"]);
    const older = createRig(on, (sent, nth) => {
      if (sent.request.over === "h2") throw new UpstreamError("protocol", "connect", "it does not speak HTTP/2");
      return answered(list)(sent, nth);
    });
    expect(await older.open({ ...asked, protocol: "h2" })).toMatchObject({ status: 200 });
    expect(older.sent.map(({ request }) => request.over)).toEqual(["h2", undefined]);
    const plain = createRig(on, answered(list));
    await plain.open(asked);
    expect(plain.sent.map(({ request }) => request.over)).toEqual([undefined]);
  });

  it("is not looked at unless the setting says so, nor when nothing is routed", async () => {
    const head = { ...asked, method: "POST", scheme: "https", port: 443, protocol: "h2", authorized: true } as const;
    expect(createRig(on, answered(list)).engine.wants(head)).toBe(true);
    expect(createRig(rules, answered(list)).engine.wants(head)).toBe(false);
    expect(createRig(on, answered(list)).engine.wants({ ...head, target: "/aiserver.v1.AiService/Other" })).toBe(false);
    expect(createRig("settings: { extend_model_lists: true }", answered(list)).engine.wantsHost("api2.cursor.sh")).toBe(
      true,
    );
    expect(await createRig("settings: { extend_model_lists: true }", answered(list)).open(asked)).toBe(passThrough);
  });
});
