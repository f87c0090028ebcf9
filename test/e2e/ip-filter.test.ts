/** `settings.ip_filter` on a real port, changed while it is open. Linux only: there, every 127.x.x.x is this machine. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl } from "../../src/control/client.ts";
import { type Api, openApi } from "../support/api.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { type FakeProvider, startFakeOpenAiChat } from "../support/fake-providers.ts";
import { createStage } from "../support/fixture.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
let provider: FakeProvider;
let core: CoreProcess;
let api: Api;

const near = "127.0.0.1";
const far = "127.0.0.2";

describe.runIf(process.platform === "linux")("the ip filter", () => {
  beforeAll(async () => {
    provider = stage.opened.add(await startFakeOpenAiChat({ gapMs: 1 }));
    core = await stage.startCore({
      config: { providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1` } } },
    });
    api = await openApi(core.home);
  });
  afterAll(() => stage.close());

  const set = async (body: object): Promise<void> => {
    const answer = await api.socket("/api/settings/ip-filter", { method: "PUT", body });
    expect([answer.status, answer.json]).toEqual([200, { list: [], ...body }]);
  };

  /** Statuses of a question, a model call, a tunnel and an upgrade. */
  async function statuses(from: string): Promise<readonly number[]> {
    const body = { model: "local/m", messages: [{ role: "user", content: "hi" }] };
    const question = await api.port("/healthz", { from });
    const call = await api.keyed("/v1/chat/completions", { from, body });
    return [
      question.status,
      call.status,
      // To nowhere: it is let in, and told that.
      await rawStatus(from, "CONNECT 127.0.0.1:9 HTTP/1.1", "Host: 127.0.0.1:9"),
      await rawStatus(
        from,
        "GET / HTTP/1.1",
        `Host: ${near}:${core.port}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
      ),
    ];
  }

  function rawStatus(from: string, ...lines: readonly string[]): Promise<number> {
    const socket = connect({ port: core.port, host: near, localAddress: from });
    socket.write([...lines, "", ""].join("\r\n"));
    const answered = new Promise<number>((resolve, reject) => {
      let head = "";
      socket.setEncoding("latin1").on("data", (text: string) => {
        head += text;
        const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
        if (status !== undefined) resolve(Number(status));
      });
      socket.on("error", reject);
      socket.on("close", () => reject(new Error(`closed after: ${head}`)));
    });
    return within(`an answer to ${lines[0] ?? ""}`, answered).finally(() => socket.destroy());
  }

  const welcome = [200, 200, 502, 426];
  const barred = [403, 403, 403, 403];

  it("lets everybody in until it is told otherwise", async () => {
    expect(await api.get("/api/settings/ip-filter")).toEqual({ mode: "off", list: [] });
    expect([await statuses(near), await statuses(far)]).toEqual([welcome, welcome]);
  });

  it("keeps out who is denied, and nobody is asked anything for them", async () => {
    await set({ mode: "deny", list: [far] });
    const before = provider.seen.length;
    expect(await statuses(far)).toEqual(barred);
    expect(provider.seen.length).toBe(before);
    expect(await statuses(near)).toEqual(welcome);
  });

  it("lets in who is allowed, by address or by range", async () => {
    await set({ mode: "allow", list: [far] });
    expect([await statuses(near), await statuses(far)]).toEqual([barred, welcome]);
    await set({ mode: "allow", list: ["127.0.0.0/31"] });
    expect([await statuses(near), await statuses(far)]).toEqual([welcome, barred]);
    await set({ mode: "allow", list: ["::ffff:127.0.0.0/120"] });
    expect([await statuses(near), await statuses(far)]).toEqual([welcome, welcome]);
  });

  it("whoever is shut out by mistake has the control socket", async () => {
    await set({ mode: "allow", list: [] });
    expect([await statuses(near), await statuses(far)]).toEqual([barred, barred]);
    const { config } = (await api.get("/api/status")) as { config: { warnings: string[] } }; // its contract
    expect(config.warnings.join("\n")).toContain("nobody gets in");
    expect((await api.socket("/api/settings/ip-filter", { method: "DELETE" })).json).toEqual({ mode: "off", list: [] });
    expect(await statuses(near)).toEqual(welcome);
  });

  it("says once who was turned away, and stands those who hang up on it", async () => {
    await set({ mode: "deny", list: ["127.0.0.2/32", "127.0.0.3"] });
    const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for (let turn = 0; turn < 20; turn += 1) {
      const socket = connect({ port: core.port, host: near, localAddress: "127.0.0.3" });
      socket.on("error", () => undefined);
      await within("a connection", new Promise<void>((resolve) => socket.write(upgrade, () => resolve())));
      socket.resetAndDestroy();
    }
    expect(await rawStatus("127.0.0.3", "CONNECT 127.0.0.1:9 HTTP/1.1")).toBe(403);
    const notices: string[] = [];
    const stop = connectControl(resolvePaths({ SWITCHYARD_HOME: core.home })).events((event) => {
      if (event.type === "core" && event.event.type === "notice") notices.push(event.event.text);
    });
    await waitFor("the notice", () => notices.some((text) => text.startsWith("127.0.0.3 was turned away")));
    stop();
    expect(notices.filter((text) => text.startsWith("127.0.0.3"))).toHaveLength(1);
    expect(notices.filter((text) => text.includes("fault of Switchyard"))).toEqual([]);
    expect(core.isAlive()).toBe(true);
  });
});
