/** HTTP clients nobody here wrote, through the proxy, unmodified. */
import { createServer, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetch, request } from "undici";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { tempFolder } from "../support/temp.ts";
import { canRun } from "../support/needs.ts";
import { nodeHttpsThrough, run, undiciThrough } from "../support/proxy-clients.ts";

const stage = createStage();
let core: CoreProcess;
const seen: IncomingMessage[] = [];
const hasCurl = canRun("curl");

beforeAll(async () => {
  const server = createServer(stage.identity, (message, reply) => {
    seen.push(message);
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      reply.writeHead(200, { "content-type": "application/json" });
      reply.end(JSON.stringify({ method: message.method, url: message.url, bytes: Buffer.concat(chunks).length }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stage.opened.later(() => {
    server.closeAllConnections();
    server.close();
  });
  core = await stage.startCore({ dial: { [host]: (server.address() as AddressInfo).port } }); // a TCP listener has an AddressInfo
});
afterAll(() => stage.close());

describe("client libraries", () => {
  it("undici's fetch and request through its ProxyAgent", async () => {
    const dispatcher = undiciThrough(core);
    const reply = await fetch(`https://${host}/fetch?x=1`, { dispatcher, method: "POST", body: "x".repeat(100_000) });
    expect(await reply.json()).toEqual({ method: "POST", url: "/fetch?x=1", bytes: 100_000 });
    const second = await request(`https://${host}/request`, { dispatcher });
    expect(await second.body.json()).toEqual({ method: "GET", url: "/request", bytes: 0 });
    await dispatcher.close();
  });

  it("node:https over a CONNECT of its own", async () => {
    const options = await nodeHttpsThrough(core, host);
    const text = await new Promise<string>((resolve, reject) => {
      const sent = httpsRequest({ ...options, path: "/node", method: "PUT" }, (reply) => {
        let got = "";
        reply.setEncoding("utf8").on("data", (chunk: string) => (got += chunk));
        reply.on("end", () => resolve(got));
        reply.on("error", reject);
      });
      sent.on("error", reject);
      sent.end("twelve bytes");
    });
    expect(JSON.parse(text)).toEqual({ method: "PUT", url: "/node", bytes: 12 });
  });

  it.skipIf(!hasCurl).each(["--http1.1", "--http2"])(
    "curl %s, with a body that waits for 100 Continue",
    async (version) => {
      const folder = stage.opened.add(tempFolder("curl"));
      const body = folder.file("body", "x".repeat(1_500_000));
      const env = { HTTPS_PROXY: core.url, CURL_CA_BUNDLE: core.caFile };
      const ran = await run("curl", ["-sS", version, "--data-binary", `@${body}`, `https://${host}/curl`], { env });
      expect(ran.stderr).toBe("");
      expect(JSON.parse(ran.stdout)).toEqual({ method: "POST", url: "/curl", bytes: 1_500_000 });
    },
  );

  it("Node is named in the flows", async () => {
    const flow = await core.flow("the fetch", (one) => one.path === "/fetch?x=1" && one.state === "done");
    expect(flow).toMatchObject({ host, method: "POST", status: 200, action: "passthrough", client: "node" });
  });

  it.skipIf(!hasCurl)("curl is named in the flows", async () => {
    expect((await core.flows()).filter((one) => one.client === "curl")).toHaveLength(2);
  });
});
