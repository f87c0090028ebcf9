import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canRun } from "../../../test/support/needs.ts";
import type { FlowStart } from "../../base/flow.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { canaries, everyKind, type Recorded, recorded, speak } from "./__fixtures__/recorded.ts";

interface Arrived {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const arrived: Arrived[] = [];
let server: Server;
let authority = "";
beforeAll(async () => {
  server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: target = "", rawHeaders: headers } = request;
      arrived.push({ method, target, headers, body: Buffer.concat(chunks) });
      reply.end("ok");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  authority = `127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs a script as somebody would who has the credentials. */
async function run(script: string, env: Readonly<Record<string, string>> = {}): Promise<{ code: number; err: string }> {
  const child = spawn("bash", ["-eu", "-o", "pipefail", "-s"], {
    env: { PATH: process.env["PATH"] ?? "", CURL_HOME: "/nonexistent", NO_PROXY: "*", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (text: Buffer) => (err += text.toString()));
  child.stdout.resume();
  child.stdin.end(script);
  const [code] = (await once(child, "close")) as [number];
  return { code, err };
}

interface Asked {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: HeaderPairs;
  readonly body?: string | Buffer;
  readonly start?: Partial<FlowStart>;
}

/** Records a call to the server, exports it, and runs what comes out. */
async function repeated(asked: Asked, env?: Readonly<Record<string, string>>, bench: Recorded = recorded()) {
  const {
    method = "POST",
    target = "/v1/messages",
    headers = [["content-type", "application/json"]],
    body = "",
    start,
  } = asked;
  const tap = bench.open({ method, path: target, host: "127.0.0.1", ...start });
  speak(tap, "client-request", `${method} http://${authority}${target}`, headers, body);
  tap.tell({ type: "ended", state: "done" });
  const exported = await bench.export({ format: "curl" });
  arrived.length = 0;
  const ran = await run(exported.text, env);
  return { script: exported.text, leftOut: exported.leftOut, ran, arrived: arrived[0], count: arrived.length };
}

const hostileBodies: readonly (readonly [name: string, body: string | Buffer])[] = [
  ["JSON", '{"model":"m","messages":[{"role":"user","content":"hi"}]}'],
  ["quotes", `it's "quoted" \\ '\\'' ''' $'x'`],
  ["expansions", "$HOME ${x} `id` $(id) !! !x ~ * ? [a] {b,c} #c ; & | > < \\\n"],
  ["what curl reads files by", "@/etc/passwd"],
  ["an option", "--help"],
  ["line breaks", "a\nb\r\nc\rd\n\n"],
  ["terminal commands", "\u001b]0;owned\u0007\u009b31m\u202e\t"],
  ["invisible and wide characters", "a\u200db\ufeff 日本 🚀 e\u0301 \u{e0041}"],
  ["NUL bytes", Buffer.from([0, 1, 0, 2, 0x27, 0])],
  ["bytes that are no text", Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x27])],
  ["a here document's end", "BODY\nEOF\n'\nEOF\n"],
  ["one byte", "'"],
  ["percent signs", "%s%n%d 100% %"],
  ["all bytes", Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  ["300 KB of text", `${"it's long; ".repeat(30_000)}end`],
  ["1 MB of bytes", Buffer.alloc(1_000_000, 0xfe)],
];

describe.skipIf(!canRun("bash") || !canRun("curl"))("a curl command", () => {
  it.each(hostileBodies)("sends %s as they were", async (_name, body) => {
    const { ran, arrived: got, count, script } = await repeated({ body });
    expect(ran).toEqual({ code: 0, err: "" });
    expect(count).toBe(1);
    expect(got?.body.equals(Buffer.from(body))).toBe(true);
    expect(got?.method).toBe("POST");
    // Nor does the script do anything to the terminal it is printed on.
    expect(script).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069\ufeff\u200d]/u);
  });

  it("sends any body as it was", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.uint8Array({ maxLength: 200 })),
        async (body) => {
          const bytes = Buffer.from(body as Uint8Array);
          const { ran, arrived: got } = await repeated({ body: bytes });
          expect(ran.code).toBe(0);
          expect(got?.body.equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("sends the client's own headers and no others", async () => {
    const headers: HeaderPairs = [
      ["Host", authority],
      ["X-Stainless-Lang", 'js\'s "$HOME" `id`'],
      ["x-empty", ""],
      ["x-twice", "a"],
      ["X-Twice", "b"],
      ["x-latin", "caf\u00e9\u0080"],
      ["anthropic-beta", "a,b;c=d"],
      ["Content-Type", "application/json; charset=utf-8"],
      ["Connection", "keep-alive"],
      ["Content-Length", "999"],
      ["Expect", "100-continue"],
      ["bad name", "x"],
      ["x-semi;", "x"],
    ];
    const { ran, arrived: got } = await repeated({ headers, body: "{}" });
    expect(ran).toEqual({ code: 0, err: "" });
    expect(got?.headers).toEqual([
      "Host",
      authority,
      "X-Stainless-Lang",
      'js\'s "$HOME" `id`',
      "x-empty",
      "",
      "x-twice",
      "a",
      "X-Twice",
      "b",
      "x-latin",
      "caf\u00e9\u0080",
      "anthropic-beta",
      "a,b;c=d",
      "Content-Type",
      "application/json; charset=utf-8",
      "Content-Length",
      "2",
    ]);
  });

  it.each([
    ["GET", "/v1/models?limit=5", "", "/v1/models?limit=5"],
    ["HEAD", "/v1/models", "", "/v1/models"],
    ["DELETE", "/v1/files/a", "", "/v1/files/a"],
    ["GET", "/with-a-body", "x", "/with-a-body"],
    ["PUT", "/empty", "", "/empty"],
    ["PATCH", "/x", "{}", "/x"],
    // What may not stand in an address is percent-encoded, and means the same.
    ["POST", "/a/../b/./c?x={1,2}[3-4]&y='$(id)'", "{}", "/a/../b/./c?x=%7B1,2%7D%5B3-4%5D&y='$(id)'"],
    ["POST", '/z="`\\^|<>', "{}", "/z=%22%60%5C%5E%7C%3C%3E"],
    ["POST", "/p%20q/%zz?e=%E2%82%AC&f=é#g", "{}", "/p%20q/%25zz?e=%E2%82%AC&f=%C3%A9%23g"],
  ])("asks %s %s", async (method, target, body, expected) => {
    const { ran, arrived: got } = await repeated({ method, target, body });
    expect(ran).toEqual({ code: 0, err: "" });
    expect([got?.method, got?.target, got?.body.toString()]).toEqual([method, expected, body]);
  });

  it("has variables where credentials were masked, and says which", async () => {
    const [canary = ""] = canaries;
    const headers: HeaderPairs = [
      ["authorization", `Bearer ${canary}`],
      ["x-amz-security-token", canary],
      ["cookie", `a=${canary}; b=2`],
      ["content-type", "application/json"],
    ];
    const env = {
      X_127_0_0_1_API_KEY: "sk-$real*key",
      X_AMZ_SECURITY_TOKEN: "token",
      COOKIE: "a=1; b=2",
    };
    const {
      script,
      ran,
      arrived: got,
    } = await repeated({ headers, target: `/v1/x?key=${canary}&alt=sse`, body: "{}" }, env);
    expect(ran).toEqual({ code: 0, err: "" });
    expect(script).toContain("# set before: X_127_0_0_1_API_KEY X_AMZ_SECURITY_TOKEN COOKIE");
    expect(script.replaceAll(/^#.*$/gm, "")).not.toContain("•••");
    expect(got?.headers.join("\n")).toContain(
      "authorization\nBearer sk-$real*key\nx-amz-security-token\ntoken\ncookie\na=1; b=2",
    );
  });

  it("names the key as the provider's own tools do", async () => {
    const bench = recorded();
    const flows = everyKind(bench);
    const id = flows["passthrough"]?.id ?? "";
    const { text } = await bench.export({ format: "curl" }, [id]);
    expect(text).toContain("-H 'Authorization: Bearer '\"$ANTHROPIC_API_KEY\"");
    expect(text).toContain("key='\"$ANTHROPIC_API_KEY\"'&x=a%20b");
    expect(text).toContain('"$COOKIE"');
    expect(text).toContain("secrets in its body or address are masked");
    const upstream = await bench.export({ format: "curl", side: "upstream" }, [flows["rerouted"]?.id ?? ""]);
    expect(upstream.text).toContain("https://openrouter.ai:8443/api/v1/chat/completions");
    expect(upstream.text).toContain('"$OPENROUTER_API_KEY"');
    const both = await bench.export({ format: "curl", side: "both" }, [flows["rerouted"]?.id ?? ""]);
    expect(both.text.match(/^curl /gm)).toHaveLength(2);
  });

  it("sends a compressed body decoded, and says so", async () => {
    const { script, arrived: got } = await repeated({
      headers: [
        ["content-type", "application/json"],
        ["content-encoding", "gzip"],
        ["accept-encoding", "gzip, br"],
      ],
      body: gzipSync('{"a":1}'),
    });
    expect(got?.body.toString()).toBe('{"a":1}');
    expect(got?.headers.join("\n")).not.toContain("content-encoding");
    expect(script).toContain("# its body was sent with content-encoding gzip; here it is decoded");
    expect(script).toContain("--compressed");
  });

  it("goes through the proxy or to the gateway, where it is asked to", async () => {
    const bench = recorded();
    const flows = everyKind(bench);
    const only = [flows["passthrough"]?.id ?? ""];
    const proxy = await bench.export({ format: "curl", via: "proxy" }, only);
    expect(proxy.text).toContain('--proxy http://switchyard:"$SWITCHYARD_PROXY_TOKEN"@127.0.0.1:8317');
    expect(proxy.text).toContain("--cacert '/home/o'\\''brien/ca.pem'");
    const gateway = await bench.export({ format: "curl", via: "gateway" }, only);
    expect(gateway.text).toContain("'http://127.0.0.1:8317/v1/messages?beta=true&x=a%20b&x=%F0'");
    expect(gateway.text).toContain("-H 'authorization: Bearer '\"$SWITCHYARD_CLIENT_KEY\"");
    expect(gateway.text).not.toContain("$ANTHROPIC_API_KEY");
    const unserved = await bench.export({ format: "curl", via: "gateway" }, [flows["binary"]?.id ?? ""]);
    expect(unserved.text).toContain("# left out: the gateway serves no such path");
  });

  it("is made of every flow that can be repeated, and of no other", async () => {
    const bench = recorded();
    everyKind(bench);
    const { text, leftOut } = await bench.export({ format: "curl" });
    expect(leftOut).toEqual({
      "tunnels: they were not decrypted": 1,
      "WebSocket connections: curl cannot repeat them": 1,
      "calls whose body was not kept whole": 1,
    });
    for (const canary of canaries.slice(0, 3)) expect(text).not.toContain(canary);
    const ran = await run(`curl() { :; }\nset +u +o pipefail\n${text}`);
    expect(ran).toEqual({ code: 0, err: "" });
  });

  it("masks what stands behind a name where tokens are asked for, and leaves a conversation as it is", async () => {
    const body = "grant_type=refresh_token&refresh_token=rt0123456789abcdef";
    const form = await repeated({
      target: "/v1/oauth/token",
      headers: [["content-type", "application/x-www-form-urlencoded"]],
      body,
    });
    expect(form.arrived?.body.toString()).toBe("grant_type=refresh_token&refresh_token=•••cdef");
    expect(form.script).toContain("secrets in its body or address are masked");
    const talk = '{"content":"const password = \\"hunter22hunter22\\";"}';
    expect((await repeated({ body: talk })).arrived?.body.toString()).toBe(talk);
  });
});
