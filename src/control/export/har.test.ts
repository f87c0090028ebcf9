import { isUtf8 } from "node:buffer";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import type { Entry, Har } from "har-format";
import { describe, expect, it } from "vitest";
import { canaries, everyKind, recorded, registeredSecret, speak, status } from "./__fixtures__/recorded.ts";
import type { ExportSide } from "../../base/controls-flows.ts";

const validate = harValidator();

function harValidator(): (archive: unknown) => readonly string[] {
  const require = createRequire(import.meta.url);
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addMetaSchema(require("ajv/dist/refs/json-schema-draft-06.json"));
  // Its types speak of the CommonJS module.
  (addFormats as unknown as (to: Ajv) => void)(ajv);
  // No types come with it: schemas by name.
  const { har = {}, ...parts } = require("har-schema") as Readonly<Record<string, object>>;
  for (const part of Object.values(parts)) ajv.addSchema(part);
  const check = ajv.compile(har);
  return (archive) => {
    check(archive);
    return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
  };
}

/** An entry with the fields of our own. */
type OurEntry = Entry & {
  readonly _switchyard: { readonly side: string; readonly id: string; readonly [field: string]: unknown };
};

async function archiveOf(side: ExportSide = "both") {
  const bench = recorded();
  const flows = everyKind(bench);
  const { text, leftOut, flows: count } = await bench.export({ format: "har", side });
  const archive = JSON.parse(text) as Har;
  const entries = archive.log.entries as OurEntry[]; // what is tested
  const of = (name: keyof typeof flows, wanted = "client"): OurEntry => {
    const found = entries.find((entry) => entry.pageref === flows[name]?.id && entry._switchyard.side === wanted);
    if (found === undefined) throw new Error(`no entry of ${name}`);
    return found;
  };
  return { text, archive, entries, leftOut, count, of, flows };
}

describe("an HTTP archive", () => {
  it("is one, for flows of every kind", async () => {
    const { archive, entries, leftOut, count, flows } = await archiveOf();
    expect(validate(archive)).toEqual([]);
    expect(validate({ log: {} })).not.toEqual([]);
    expect(leftOut).toEqual({ "tunnels: they were not decrypted": 1 });
    expect(count).toBe(Object.keys(flows).length - 1);
    // One for each call, one more where it was rerouted.
    expect(entries.length).toBe(count + 1);
    expect(archive.log.creator).toEqual({ name: "Switchyard", version: status.version });
    expect(archive.log.comment).toContain("1 × tunnels: they were not decrypted");
    const pages = new Set(archive.log.pages?.map(({ id }) => id));
    expect(pages.size).toBe(count);
    for (const entry of entries) expect(pages.has(entry.pageref ?? "")).toBe(true);
  });

  it("holds no secret, and only text that is text", async () => {
    const { text } = await archiveOf();
    for (const canary of canaries) expect(text).not.toContain(canary);
    expect(text).toContain("•••");
    expect(isUtf8(Buffer.from(text))).toBe(true);
    expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
  });

  it("has times that add up, and -1 for what nobody knows", async () => {
    const { entries, of } = await archiveOf();
    for (const { time, timings } of entries) {
      const { blocked = -1, dns = -1, connect = -1, ssl = -1, send = -1, wait, receive } = timings;
      const sum = [blocked, dns, connect, send, wait, receive].reduce((total, part) => total + Math.max(0, part), 0);
      expect(Math.abs(time - sum)).toBeLessThan(1e-6);
      expect(ssl).toBeLessThanOrEqual(connect);
      for (const part of [send, wait, receive]) expect(part).toBeGreaterThanOrEqual(0);
    }
    expect(of("passthrough")).toMatchObject({ time: 2_000, timings: { connect: -1, wait: 700, receive: 1_300 } });
    expect(of("rerouted")).toMatchObject({ time: 1_505, timings: { wait: 505, receive: 1_000 } });
    expect(of("rerouted", "upstream")).toMatchObject({
      time: 1_400,
      timings: { connect: 32.75, ssl: 20.25, wait: 367.25, receive: 1_000 },
    });
    expect(of("failed")).toMatchObject({ time: 33, timings: { wait: 33, receive: 0 } });
    expect(of("live").timings.comment).toBe("not over yet");
  });

  it("tells the client's call from the provider's", async () => {
    const { of } = await archiveOf();
    const client = of("rerouted");
    const upstream = of("rerouted", "upstream");
    expect(client.request.url).toBe("https://api.anthropic.com/v1/messages?beta=true");
    expect(upstream.request.url).toBe("https://openrouter.ai:8443/api/v1/chat/completions");
    expect(upstream.connection).not.toBe(client.connection);
    expect(upstream.pageref).toBe(client.pageref);
    expect([client.comment, upstream.comment]).toEqual([
      "what the client sent and was answered",
      "what openrouter was sent in its place and answered",
    ]);
    expect(upstream._switchyard).toMatchObject({
      provider: "openrouter",
      account: "main",
      combo: "deep",
      attempts: [{ status: 429 }, { status: 200 }],
      losses: ["thinking •••6789"],
      usage: { input: 10 },
    });
    expect(upstream.response.content.text).toBe("data: {}\n\n");
  });

  it("can be of one side alone", async () => {
    const client = await archiveOf("client");
    expect(client.entries.every(({ _switchyard }) => _switchyard.side === "client")).toBe(true);
    const upstream = await archiveOf("upstream");
    expect(validate(upstream.archive)).toEqual([]);
    // Passed on as it was, the client's call is the provider's.
    expect(upstream.of("passthrough")._switchyard.side).toBe("client");
    expect(upstream.of("rerouted", "upstream")).toBeDefined();
    expect(upstream.leftOut).toEqual({
      "tunnels: they were not decrypted": 1,
      "calls that went to no provider": 1,
    });
  });

  it("takes queries and cookies apart", async () => {
    const { request, response } = (await archiveOf()).of("passthrough");
    expect(request.queryString).toEqual([
      { name: "beta", value: "true" },
      { name: "key", value: "•••cdef" },
      { name: "x", value: "a b" },
      { name: "x", value: "\ufffd" },
    ]);
    expect(request.cookies).toEqual([
      { name: "session", value: "•••cdef" },
      { name: "theme", value: "•••cdef" },
    ]);
    expect(response.cookies).toEqual([
      { name: "a", value: "•••cdef", path: "/", httpOnly: true, expires: "2026-10-21T07:28:00.000Z" },
    ]);
    expect(request.headers).toContainEqual({ name: "Authorization", value: "Bearer •••cdef" });
  });

  it("gives bodies as text, others in base64, and says what is missing", async () => {
    const { of } = await archiveOf();
    const { request, response } = of("passthrough");
    expect(request.postData).toMatchObject({
      mimeType: "application/json",
      text: '{"model":"claude-sonnet-4-5","note":"•••6789","other":"•••mnop","password":"•••er22"}',
      comment: "decoded from gzip",
    });
    expect(response.content).toMatchObject({
      mimeType: "text/event-stream; charset=utf-8",
      text: 'event: ping\ndata: {"x":"•••6789"}\n\n',
    });
    const binary = of("binary");
    expect(binary.request.postData).toMatchObject({ text: "AAEC//4=", _encoding: "base64" });
    expect(binary.response.content).toEqual({
      size: 6,
      mimeType: "application/vnd.amazon.eventstream",
      text: "AAAAEMjJ",
      encoding: "base64",
    });
    const huge = of("huge");
    expect(huge.request).toMatchObject({ bodySize: 40 * 64 * 1024 });
    expect(huge.request.postData?.comment).toBe("only 1048576 of 2621440 bytes were kept");
    expect(huge.response.content).toMatchObject({ size: 3_000_000, comment: "not all of it is here" });
    expect(of("truncated").response.content.comment).toContain("decoded from gzip");
    const empty = of("noType");
    expect(empty.request.postData).toBeUndefined();
    expect(empty.response).toMatchObject({ status: 204, statusText: "No Content", bodySize: 0 });
  });

  it("says of a compressed reply how much that saved", async () => {
    const bench = recorded();
    const tap = bench.open();
    const { gzipSync } = await import("node:zlib");
    const packed = gzipSync("a".repeat(5_000));
    speak(
      tap,
      "client-reply",
      "200",
      [
        ["content-encoding", "gzip"],
        ["content-type", "text/plain"],
      ],
      packed,
    );
    tap.tell({ type: "ended", state: "done" });
    const archive = JSON.parse((await bench.export({ format: "har" })).text) as Har;
    expect(archive.log.entries[0]?.response).toMatchObject({
      bodySize: packed.byteLength,
      content: { size: 5_000, compression: 5_000 - packed.byteLength },
    });
  });

  it("has a status of 0 and the reason where no reply came", async () => {
    const { of } = await archiveOf();
    for (const name of ["failed", "gone"]) {
      expect(of(name).response).toMatchObject({ status: 0, statusText: "", httpVersion: "" });
    }
    expect(of("failed").response).toMatchObject({ _error: "dns: •••6789", bodySize: -1 });
    expect(of("truncated").response).toMatchObject({ status: 200, _error: "the upstream broke off" });
    expect(of("h2")).toMatchObject({
      request: {
        httpVersion: "HTTP/2.0",
        url: "https://api.anthropic.com:9443/v1/messages?q=%7Ba%7D%7C%5Bb%5D%5C%5E%22%3Cx%3E%C3%A9",
      },
      response: { redirectURL: "/elsewhere", statusText: "Found" },
    });
  });

  it("does nothing to the terminal it is printed on, and loses nothing by that", async () => {
    const bench = recorded();
    const evil = "\u001b]0;x\u0007 \u009b31m \u202e \u200d \ufeff \u2028 日本🚀 \ud800";
    const tap = bench.open({ method: evil, path: `/${evil}`, host: evil });
    speak(tap, "client-request", `POST /${evil}`, [["x-evil", evil]], evil);
    tap.tell({ type: "ended", state: "failed", error: evil });
    for (const format of ["har", "jsonl", "curl"] as const) {
      const { text } = await bench.export({ format });
      expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069\ufeff\u2028]|\u200d/u);
    }
    const { log } = JSON.parse((await bench.export({ format: "har" })).text) as Har;
    expect(validate({ log })).toEqual([]);
    expect(log.entries[0]?.request.postData?.text).toBe(evil.replace("\ud800", "\ufffd"));
  });

  it("of no flow at all is one, too", async () => {
    const { text } = await recorded().export({ format: "har" });
    expect(validate(JSON.parse(text))).toEqual([]);
  });
});

describe("JSON lines", () => {
  it("are one published flow each, tunnels included, without secrets", async () => {
    const bench = recorded();
    const flows = everyKind(bench);
    const { text, leftOut } = await bench.export({ format: "jsonl" });
    const lines = text.trimEnd().split("\n");
    expect(leftOut).toEqual({});
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(
      Object.values(flows).map(({ id }) => id),
    );
    for (const canary of canaries) expect(text).not.toContain(canary);
    const rerouted = JSON.parse(lines[1] ?? "") as { sides: object };
    expect(Object.keys(rerouted.sides)).toEqual([
      "client-request",
      "upstream-request",
      "upstream-reply",
      "client-reply",
    ]);
    const upstream = await bench.export({ format: "jsonl", side: "upstream" }, [flows["rerouted"]?.id ?? ""]);
    expect(Object.keys((JSON.parse(upstream.text) as { sides: object }).sides)).toEqual([
      "upstream-request",
      "upstream-reply",
    ]);
  });

  it("mask what stands behind a name on every cut of a long body", async () => {
    const bench = recorded();
    const tap = bench.open();
    const members = Array.from({ length: 30_000 }, (_, index) => [
      `n${index}`,
      { api_key: `zq${index}xyzw123456`, text: "words of it" },
    ]);
    speak(
      tap,
      "client-request",
      "POST /",
      [["content-type", "application/json"]],
      JSON.stringify(Object.fromEntries(members)).slice(0, 1_000_000),
    );
    const { text } = await bench.export({ format: "jsonl" });
    expect(text).not.toMatch(/zq\d+xyzw/);
    expect(text).not.toContain(registeredSecret);
  });
});
