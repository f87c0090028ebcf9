import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FlowAction, FlowSide, FlowTap } from "../base/flow.ts";
import { benchToken, call, type ControlBench, startControlBench } from "./__fixtures__/control-bench.ts";

let bench: ControlBench;
beforeEach(async () => {
  bench = await startControlBench();
});
afterEach(() => bench.close());

const claude = { model: "claude-x", max_tokens: 9, top_k: 3, messages: [{ role: "user", content: "hi" }] };
const chat = { model: "gpt-x", max_tokens: 9, messages: [{ role: "user", content: "hi" }], store: false };

function sent(
  tap: FlowTap,
  side: FlowSide,
  line: string,
  body: string,
  headers: readonly [string, string][] = [],
): void {
  tap.head(side, { line, headers: [["content-type", "application/json"], ...headers] });
  tap.chunk(side, Buffer.from(body));
}

function rerouted(action: FlowAction = "reroute", formats = { client: "claude", upstream: "openai-chat" }): FlowTap {
  const tap = bench.flowLog.open({ ...call, action });
  tap.tell({ type: "described", formats });
  return tap;
}

async function problemOf(tap: FlowTap): Promise<string | null> {
  const stages = await bench.client.stages(tap.id);
  expect(stages.rows).toEqual([]);
  return stages.problem;
}

describe("the stages of a flow", () => {
  it("are read from both captured requests", async () => {
    const tap = rerouted();
    sent(tap, "client-request", "POST /v1/messages?beta=true", JSON.stringify(claude));
    sent(tap, "upstream-request", "POST /v1/chat/completions", JSON.stringify(chat));
    const stages = await bench.client.stages(tap.id);
    expect(stages).toMatchObject({
      client: { format: "claude", bytes: JSON.stringify(claude).length },
      hub: { format: "hub", bytes: expect.any(Number) },
      upstream: { format: "openai-chat", bytes: JSON.stringify(chat).length },
      losses: ["top_k"],
      gains: ["store"],
      problem: null,
    });
    expect(stages.rows).toContainEqual({
      label: "top_k",
      depth: 0,
      client: "top_k 3",
      hub: "topK 3",
      upstream: null,
      change: { hub: "same", upstream: "dropped" },
    });
  });

  it("hold no secret", async () => {
    const tap = rerouted();
    const said = { ...claude, messages: [{ role: "user", content: `my token is ${benchToken}` }] };
    sent(tap, "client-request", "POST /v1/messages", JSON.stringify(said));
    sent(tap, "upstream-request", "POST /v1/chat/completions", JSON.stringify(chat));
    const text = JSON.stringify(await bench.client.stages(tap.id));
    expect(text).toContain("my token is •••");
    expect(text).not.toContain(benchToken);
  });

  it.each<[FlowAction, string]>([
    ["passthrough", "nothing was translated"],
    ["tunnel", "not ours to read"],
    ["block", "nothing was sent upstream"],
    ["bypass", "nothing was sent upstream"],
  ])("of a call that was not translated say so (%s)", async (action, words) => {
    expect(await problemOf(rerouted(action))).toContain(words);
  });

  it("say what is wrong with a body", async () => {
    expect(await problemOf(rerouted("reroute", { client: "claude", upstream: "claude" }))).toContain(
      "Both sides speak claude",
    );
    expect(await problemOf(rerouted())).toBe("The client's body has not been seen.");
    const cut = rerouted();
    sent(cut, "client-request", "POST /", "x".repeat(1024 * 1024 + 1));
    expect(await problemOf(cut)).toBe("The client's body was cut: 1048576 of 1048577 bytes were kept.");
    const broken = rerouted();
    sent(broken, "client-request", "POST /", "{");
    sent(broken, "upstream-request", "POST /", "{}");
    expect(await problemOf(broken)).toContain("the client's body cannot be read");
    const packed = rerouted();
    sent(packed, "client-request", "POST /", "{}", [["content-encoding", "gzip"]]);
    expect(await problemOf(packed)).toContain("The client's body cannot be decoded");
    const strange = rerouted("reroute", { client: "claude", upstream: "morse" });
    sent(strange, "client-request", "POST /", JSON.stringify(claude));
    sent(strange, "upstream-request", "POST /", "...---...");
    expect(await problemOf(strange)).toContain("in a dialect that is not JSON");
  });

  it("of no flow are none", async () => {
    await expect(bench.client.stages("none")).rejects.toMatchObject({ code: "no-such-flow" });
  });
});
