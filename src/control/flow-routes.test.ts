import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../test/support/wait.ts";
import { call, type ControlBench, startControlBench } from "./__fixtures__/control-bench.ts";
import { connectControl, type ControlEvent } from "./client.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function startServer(): Promise<ControlBench> {
  const bench = await startControlBench();
  endings.push(bench.close);
  return bench;
}

async function ask(bench: ControlBench, method: string, path: string): Promise<{ status: number; json: unknown }> {
  const request = httpRequest({
    socketPath: bench.socketPath,
    method,
    path,
    headers: { host: "switchyard" },
    agent: false,
  });
  request.end();
  return new Promise((resolve, reject) => {
    request.on("error", reject).on("response", (reply) => {
      let text = "";
      reply.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      reply.on("end", () => resolve({ status: reply.statusCode ?? 0, json: JSON.parse(text) }));
    });
  });
}

describe("flows over the control socket", () => {
  it("are found by a filter, in pages", async () => {
    const { client, flowLog } = await startServer();
    const ids = Array.from({ length: 5 }, (_, index) => {
      const tap = flowLog.open({ ...call, host: index === 2 ? "other" : call.host });
      tap.chunk("client-request", Buffer.from(`number ${index}`));
      return tap.id;
    });
    const page = await client.flowPage({ filter: "-host:other", limit: 2 });
    expect(page.flows.map(({ id }) => id)).toEqual(ids.slice(3));
    expect(page).toMatchObject({ older: ids[3], counts: { flows: 5 } });
    const next = await client.flowPage({ filter: "-host:other", limit: 2, before: page.older ?? "" });
    expect(next.flows.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await client.findFlows({ filter: "body:~number.[024]" })).map(({ id }) => id)).toEqual([
      ids[0],
      ids[2],
      ids[4],
    ]);
    expect((await client.findFlows({})).length).toBe(5);
  });

  it("say where a filter is wrong", async () => {
    const bench = await startServer();
    const wrong = await ask(bench, "GET", `/api/flows?filter=${encodeURIComponent("claude hots:x")}`);
    expect(wrong).toEqual({
      status: 400,
      json: {
        error: {
          code: "filter",
          message: 'there is no key "hots"; did you mean "host"?',
          at: 7,
          length: 4,
          suggestion: "host",
        },
      },
    });
    const bodies = await ask(bench, "GET", `/api/events?filter=${encodeURIComponent("a -body:x")}`);
    expect(bodies).toMatchObject({ status: 400, json: { error: { code: "filter", at: 3, length: 6 } } });
  });

  it("take filters as long as they may be", async () => {
    const { client } = await startServer();
    expect(await client.findFlows({ filter: `"${"語".repeat(990)}"` })).toEqual([]);
    await expect(client.findFlows({ filter: "x".repeat(1_001) })).rejects.toMatchObject({ code: "filter" });
  });

  it("are deleted one by one or together, but not while they live", async () => {
    const { client, flowLog } = await startServer();
    const taps = Array.from({ length: 4 }, () => flowLog.open(call));
    for (const tap of taps.slice(1)) tap.tell({ type: "ended", state: "done" });
    const [live, one] = taps.map(({ id }) => id);
    expect(await client.deleteFlow(one ?? "")).toMatchObject({ deleted: 1 });
    await expect(client.deleteFlow(one ?? "")).rejects.toMatchObject({ code: "no-such-flow" });
    await expect(client.deleteFlow(live ?? "")).rejects.toMatchObject({ code: "live" });
    expect(await client.deleteFlows("host:nowhere")).toEqual({ deleted: 0, live: 0 });
    expect(await client.deleteFlows("")).toEqual({ deleted: 2, live: 1 });
    expect((await client.flows()).flows.map(({ id }) => id)).toEqual([live]);
  });

  it("are told to followers as far as they fit, and when they are gone", async () => {
    const { client, flowLog, socketPath } = await startServer();
    const old = flowLog.open(call);
    flowLog.open({ ...call, client: "zed" });
    const seen: ControlEvent[] = [];
    const all: ControlEvent[] = [];
    endings.push(client.events((event) => seen.push(event), "client:codex | status:>=500"));
    endings.push(connectControl({ controlSocket: socketPath }).events((event) => all.push(event)));
    await waitFor("both hellos", () => seen.length > 0 && all.length > 0);
    expect(seen[0]).toMatchObject({ type: "hello", flows: [] });
    const codex = flowLog.open({ ...call, client: "codex" });
    old.tell({ type: "reply-started", status: 200 });
    await waitFor("codex", () => seen.find((event) => event.type === "flow"));
    old.tell({ type: "reply-started", status: 529 });
    await waitFor("the error", () => seen.filter((event) => event.type === "flow").length === 2);
    expect(seen.flatMap((event) => (event.type === "flow" ? event.flow.id : []))).toEqual([codex.id, old.id]);
    expect(all.filter((event) => event.type === "flow").length).toBeGreaterThanOrEqual(3);
    old.tell({ type: "ended", state: "done" });
    await client.deleteFlow(old.id);
    for (const events of [seen, all]) {
      await waitFor("the removal", () => events.find((event) => event.type === "removed"));
      expect(events).toContainEqual({ type: "removed", ids: [old.id] });
    }
  });

  it("begin a filtered stream with the newest that fit", async () => {
    const { client, flowLog } = await startServer();
    const fitting = flowLog.open({ ...call, client: "codex" });
    for (let index = 0; index < 250; index += 1) flowLog.open(call);
    const seen: ControlEvent[] = [];
    endings.push(client.events((event) => seen.push(event), "client:codex"));
    await waitFor("hello", () => seen.length > 0);
    expect(seen[0]).toMatchObject({ flows: [{ id: fitting.id }] });
  });
});
