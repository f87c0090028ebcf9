/** A core that other machines can reach: what is for this machine alone stays for it alone. */
import { networkInterfaces } from "node:os";
import { request as httpRequest } from "node:http";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { own } from "../../src/base/json.ts";
import { type Api, openApi } from "../support/api.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage } from "../support/fixture.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
let core: CoreProcess;
let api: Api;
beforeAll(async () => {
  core = await stage.startCore({ config: { listen: { host: "0.0.0.0", proxy_auth: "always" } } });
  api = await openApi(core.home);
}, 60_000);
afterAll(() => stage.close());

/** Where others would reach this machine; a call to it comes from there as well. */
const outside = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

function fromOutside(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const answered = new Promise<number>((resolve, reject) => {
    const request = httpRequest({ host: outside, port: core.port, path, headers, agent: false });
    request.once("response", (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    request.once("error", reject).end();
  });
  return within(`an answer to ${path}`, answered, 10_000);
}

describe("a port that listens everywhere", () => {
  it.skipIf(outside === undefined)(
    "shows its gateway to who has the key, and page and control API to nobody else",
    async () => {
      const key = { authorization: `Bearer ${api.clientKey}` };
      const admin = { authorization: `Bearer ${api.adminToken}` };
      expect(await fromOutside("/v1/models", key)).toBe(200);
      for (const host of [`${outside}:${core.port}`, `127.0.0.1:${core.port}`, `localhost:${core.port}`]) {
        expect([host, await fromOutside("/v0/oauth/kiro", { host })]).toEqual([host, 403]);
        expect(await fromOutside("/v0/oauth/kiro?state=x", { host })).toBe(403);
        expect(await fromOutside("/api/status", { host, ...admin })).toBe(403);
      }
    },
  );

  it("makes pages that this machine's browser reaches", async () => {
    const made = await api.socket("/v0/oauth/kiro/pages", { body: { name: "x", acceptTerms: true } });
    const url = new URL(String(own(made.json, "url")));
    expect(url.origin).toBe(`http://127.0.0.1:${core.port}`);
    expect((await api.port(url.pathname + url.search, { headers: { "sec-fetch-site": "none" } })).status).toBe(303);
  });

  it("has no control API, not even when its file says so after the port was opened", async () => {
    const path = join(core.home, "config.yaml");
    writeFileSync(`${path}.new`, stringify({ listen: { host: "127.0.0.1", control_api: "on" } }));
    renameSync(`${path}.new`, path);
    expect((await api.socket("/api/reload", { body: {} })).json).toMatchObject({ error: null });
    const answer = await api.port("/api/status", { headers: { authorization: `Bearer ${api.adminToken}` } });
    expect([answer.status, own(own(answer.json, "error"), "code")]).toEqual([404, "control-api-off"]);
  });
});
