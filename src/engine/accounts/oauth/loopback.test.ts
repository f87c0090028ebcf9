import { request } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createOpened } from "../../../../test/support/opened.ts";
import { within } from "../../../../test/support/wait.ts";
import { openLoopback, type Loopback } from "./loopback.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

const state = "the-state-of-this-login-0123456789";
const anyPort = { kind: "loopback", host: "127.0.0.1", ports: [], path: "/callback" } as const;

async function listening(): Promise<Loopback> {
  const result = await openLoopback(anyPort, state);
  if (!result.ok) throw new Error(result.message);
  return opened.add(result.loopback);
}

interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

function get(url: string, options: { method?: string; host?: string } = {}): Promise<Page> {
  return new Promise((resolve, reject) => {
    const headers = options.host === undefined ? {} : { host: options.host };
    const asking = request(url, { method: options.method ?? "GET", headers, agent: false }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("end", () =>
        resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: reply.headers }),
      );
    });
    asking.on("error", reject).end();
  });
}

describe("the browser's way back", () => {
  it("takes one answer that knows the state and shows a page that repeats nothing", async () => {
    const loopback = await listening();
    const page = await get(`${loopback.redirectUri}?code=c0de-0123456789&state=${state}&x=<script>`);
    expect(page.status).toBe(200);
    expect(page.text).toContain("close this window");
    for (const told of ["c0de", state, "script"]) expect(page.text).not.toContain(told);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.headers["cache-control"]).toBe("no-store");
    expect((await within("the answer", loopback.answer)).get("code")).toBe("c0de-0123456789");
    expect((await get(`${loopback.redirectUri}?code=second&state=${state}`)).status).toBe(410);
    expect((await loopback.answer).get("code")).toBe("c0de-0123456789");
  });

  it("goes on waiting when somebody without the state comes by", async () => {
    const loopback = await listening();
    for (const query of ["?code=x&state=wrong", "?code=x", `?code=x&state=${state}x`, ""]) {
      const page = await get(`${loopback.redirectUri}${query}`);
      expect(page.status).toBe(400);
    }
    await get(`${loopback.redirectUri}?code=right&state=${state}`);
    expect((await within("the answer", loopback.answer)).get("code")).toBe("right");
  });

  it("answers only its path, its own name, and GET", async () => {
    const loopback = await listening();
    const { port } = new URL(loopback.redirectUri);
    const query = `code=x&state=${state}`;
    expect((await get(`http://127.0.0.1:${port}/favicon.ico`)).status).toBe(404);
    expect((await get(`http://127.0.0.1:${port}/callback/more?${query}`)).status).toBe(404);
    // A page elsewhere whose name leads here.
    expect((await get(`${loopback.redirectUri}?${query}`, { host: `evil.example:${port}` })).status).toBe(404);
    expect((await get(`${loopback.redirectUri}?${query}`, { method: "POST" })).status).toBe(405);
    await get(`${loopback.redirectUri}?${query}`, { host: `localhost:${port}` });
    expect((await within("the answer", loopback.answer)).get("code")).toBe("x");
  });

  it("says that its port is taken and what to do", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    opened.later(() => new Promise((resolve) => holder.close(() => resolve())));
    const { port } = holder.address() as AddressInfo; // a TCP listener has an AddressInfo
    const result = await openLoopback({ ...anyPort, ports: [port] }, state);
    expect(!result.ok && result.message).toContain(`port ${port} is taken`);
    expect(!result.ok && result.message).toContain("start again");
  });

  it("uses the next allowed port when the first is taken", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    opened.later(() => new Promise((resolve) => holder.close(() => resolve())));
    const { port } = holder.address() as AddressInfo; // a TCP listener has an AddressInfo
    const result = await openLoopback({ ...anyPort, host: "localhost", ports: [port, 0] }, state);
    if (!result.ok) throw new Error(result.message);
    opened.add(result.loopback);
    expect(result.loopback.redirectUri).toMatch(/^http:\/\/localhost:\d+\/callback$/);
    expect(result.loopback.redirectUri).not.toContain(`:${port}/`);
  });

  it("closes although somebody holds a connection open, and listens no more", async () => {
    const loopback = await listening();
    const port = Number(new URL(loopback.redirectUri).port);
    const holding = connect(port, "127.0.0.1");
    holding.on("error", () => {});
    opened.later(() => void holding.destroy());
    await new Promise((resolve) => holding.once("connect", resolve));
    await within("closed", loopback.close());
    await within("closed twice", loopback.close());
    await expect(get(loopback.redirectUri)).rejects.toThrow("ECONNREFUSED");
  });
});
