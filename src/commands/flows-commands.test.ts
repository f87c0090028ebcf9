import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../test/support/wait.ts";
import type { FlowStart } from "../base/flow.ts";
import { benchDeps, call } from "../control/__fixtures__/control-bench.ts";
import type { FlowLog } from "../control/flow-log.ts";
import { createControlServer } from "../control/server.ts";
import { type Bench, commandBench, serveCore } from "./__fixtures__/command-bench.ts";
import type { CommandContext } from "./context.ts";
import { exportCalls, type ExportOptions } from "./export.ts";
import { flowLine } from "./flow-line.ts";
import { flowsDelete } from "./flows-delete.ts";
import { flowsGrep } from "./flows-grep.ts";
import { flowsTail, type TailOptions } from "./flows-tail.ts";
import { commandTable } from "./program.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function benchWithCore() {
  const made = commandBench();
  endings.push(() => made.close());
  const core = await serveCore(made.context);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await core.server.close();
    closed = true;
  };
  endings.push(close);
  return { ...made, ...core, close };
}

/** A call that is over. */
function ended(log: FlowLog, start: Partial<FlowStart> = {}, body = "", status = 200): string {
  const tap = log.open({ ...call, ...start });
  tap.head("client-request", { line: "POST /v1/messages", headers: [["content-type", "application/json"]] });
  tap.chunk("client-request", Buffer.from(body));
  tap.tell({ type: "reply-started", status });
  tap.tell({
    type: "usage",
    usage: { input: 45_200, output: 1_500, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
  });
  tap.tell({ type: "described", model: { asked: "claude-opus-4-6" } });
  tap.tell({ type: "cost", usd: 0.12 });
  tap.tell({ type: "ended", state: "done" });
  return tap.id;
}

/** As it is typed. */
async function typed(bench: Pick<Bench, "context">, ...args: string[]): Promise<number> {
  const result = { exitCode: 0 };
  await commandTable(bench.context, result).parseAsync(["node", "switchyard", ...args]);
  return result.exitCode;
}

describe("flows list", () => {
  it("takes a filter in words, in one piece, and with its shorthands, and all of it must fit", async () => {
    const bench = await benchWithCore();
    const good = ended(bench.flowLog);
    const codex = ended(bench.flowLog, { client: "codex", host: "api.openai.com" }, "", 529);
    const ids = async (...args: string[]): Promise<unknown> => {
      const before = bench.out().length;
      expect(await typed(bench, "flows", "list", "--json", ...args)).toBe(0);
      return (JSON.parse(bench.out().slice(before)) as { id: string }[]).map(({ id }) => id);
    };
    expect(await ids()).toEqual([good, codex]);
    expect(await ids("claude", "-status:529")).toEqual([good]);
    expect(await ids("-client:codex")).toEqual([good]);
    expect(await ids("-status:200", "-n", "1")).toEqual([codex]);
    expect(await ids("is:error | client:claude-code", "--limit", "5")).toEqual([good, codex]);
    expect(await ids("--filter", "tok:>46k", "client:codex")).toEqual([codex]);
    expect(await ids("--filter", "tok:>46k", "--host", "anthropic.com", "--status", "2xx")).toEqual([good]);
    expect(await ids("--host", "openai.co")).toEqual([]);
    expect(await ids("--client", "claude")).toEqual([]);
    expect(await ids("--action", "tunnel")).toEqual([]);
  });

  it.each([
    [["hots:x", "y"], 'hots:x y\n    ^^^^\n    there is no key "hots"; did you mean "host"?'],
    [["--filter", "a | "], "something must stand behind |"],
    [["--status", "5kk"], "status:5kk"],
    [["--action", "tunel"], 'did you mean "tunnel"?'],
    [["-status:200", "--jsno"], 'unknown option "--jsno"'],
  ])("shows what is wrong with %j, before it looks for a core", async (args, text) => {
    const bench = commandBench();
    endings.push(() => bench.close());
    await expect(typed(bench, "flows", "list", ...args)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(text),
    });
  });
});

describe("flows grep", () => {
  it("says where a text stands, with what is around it", async () => {
    const { context, out, err, flowLog } = await benchWithCore();
    const body = `{"a":"first"}\n{"text":"${"x".repeat(60)} Tool_Use ${"y".repeat(60)}"}`;
    const id = ended(flowLog, {}, body);
    ended(flowLog, { client: "codex" }, "tool_use");
    const options = { json: false, limit: undefined, regex: false };
    await flowsGrep(context, "tool_use", { ...options, words: ["-client:codex"] });
    expect(out()).toBe(`${id} client-request 2:71: …${"x".repeat(39)} Tool_Use ${"y".repeat(39)}…\n`);
    await flowsGrep(context, "nowhere", options);
    expect(err()).toBe("no call fits\n");
    const before = out().length;
    await flowsGrep(context, "tool.u\\w+", { ...options, regex: true, json: true, limit: 1 });
    expect(JSON.parse(out().slice(before))).toMatchObject([{ side: "client-request", line: 1, text: "tool_use" }]);
    await expect(flowsGrep(context, "(", { ...options, regex: true })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("counts what it does not show, and lets nothing command the terminal", async () => {
    const { context, out, flowLog } = await benchWithCore();
    const id = ended(flowLog, {}, "needle \u001b]0;owned\u0007\u202e needle needle needle 🚀needle");
    await flowsGrep(context, "needle", { json: false, limit: undefined, regex: false });
    expect(out().split("\n").slice(3)).toEqual([`${id} client-request and 2 more`, ""]);
    expect(out()).toContain("␛]0;owned␇");
    expect(out()).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });
});

describe("flows delete", () => {
  const options = { json: false, filter: undefined, all: false, yes: true };

  it("takes out what is named, what fits, or everything", async () => {
    const { context, out, flowLog } = await benchWithCore();
    const [one = "", two = ""] = Array.from({ length: 5 }, (_, index) => ended(flowLog, { host: `h${index}` }));
    await flowsDelete(context, [one, two], options);
    await flowsDelete(context, [], { ...options, filter: "host:h2" });
    flowLog.open(call);
    await flowsDelete(context, [], { ...options, all: true });
    expect(out()).toBe("2 calls deleted\n1 call deleted\n2 calls deleted; 1 call has not ended and stays\n");
    expect(flowLog.counts().flows).toBe(1);
    await expect(flowsDelete(context, ["nobody"], options)).rejects.toMatchObject({ code: "no-such-flow" });
  });

  it("asks, and does nothing where nobody can be asked", async () => {
    const { context, err, flowLog } = await benchWithCore();
    ended(flowLog);
    await expect(flowsDelete(context, [], { ...options, all: true, yes: false })).rejects.toMatchObject({
      exitCode: 2,
      next: "the same command with --yes",
    });
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const asked: CommandContext = { ...context, stdin, stderr: { ...context.stderr, isTTY: true } };
    const answer = (text: string): Promise<number> => {
      stdin.write(`${text}\n`);
      return flowsDelete(asked, [], { ...options, all: true, yes: false });
    };
    expect(await answer("n")).toBe(1);
    expect(err()).toContain("Delete 1 call from the log? [y/N]");
    expect(flowLog.counts().flows).toBe(1);
    expect(await answer("y")).toBe(0);
    expect(flowLog.counts().flows).toBe(0);
  });

  it.each([
    [[], {}],
    [["a"], { all: true }],
    [["a"], { filter: "x" }],
    [[], { all: true, filter: "x" }],
    [[], { filter: "hots:x" }],
  ])("wants to know which: %j %j", async (ids, more) => {
    const { context } = await benchWithCore();
    await expect(flowsDelete(context, ids, { ...options, ...more })).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe("flows tail", () => {
  const options: TailOptions = { json: false, limit: undefined };

  async function tailed(more: Partial<TailOptions> = {}, before: (log: FlowLog) => void = () => {}) {
    const bench = await benchWithCore();
    before(bench.flowLog);
    const ending = flowsTail(bench.context, { ...options, ...more });
    const lines = (): string[] => bench.out().split("\n").filter(Boolean);
    endings.push(async () => {
      bench.signal("SIGINT");
      await ending;
    });
    // It follows when what happens from now on reaches it.
    return { ...bench, ending, lines };
  }

  it("prints a line for each call that ends, once, until Ctrl-C", async () => {
    const { flowLog, lines, ending, signal } = await tailed({ limit: 1 }, (log) => {
      ended(log, { path: "/old" });
      ended(log, { path: "/older" });
    });
    await waitFor("the one before", () => lines().length === 1);
    const id = ended(flowLog);
    await waitFor("the new one", () => lines().length === 2);
    expect(lines()[0]).toMatch(/^#1 POST \/older /);
    expect(lines()[1]).toMatch(
      new RegExp(
        `^#2 POST /v1/messages opus-4-6 45\\.2k->1500 \\$0\\.120 \\d+ms 200 ${id}$|^#2 POST /v1/messages opus-4-6 45\\.2k->1\\.5k \\$0\\.120 \\d+ms 200 ${id}$`,
      ),
    );
    signal("SIGINT");
    expect(await ending).toBe(130);
  });

  it("prints only what fits, bodies included", async () => {
    const { flowLog, lines } = await tailed({ words: ["client:codex", "rq:needle"], json: true, limit: 5 }, (log) => {
      ended(log, { client: "codex" }, "a needle");
    });
    await waitFor("the first", () => lines().length === 1);
    ended(flowLog, {}, "a needle");
    ended(flowLog, { client: "codex" }, "hay");
    const id = ended(flowLog, { client: "codex" }, "another needle");
    await waitFor("the second", () => lines().length === 2);
    expect(lines().map((line) => (JSON.parse(line) as { id: string }).id)[1]).toBe(id);
  });

  it("waits a little for figures that are read after the end", async () => {
    const { flowLog, lines } = await tailed({ limit: 1 }, (log) => ended(log));
    await waitFor("the hello", () => lines().length === 1);
    const tap = flowLog.open(call);
    tap.tell({ type: "reply-started", status: 200 });
    tap.tell({ type: "ended", state: "done" });
    const late = flowLog.open(call);
    late.tell({ type: "reply-started", status: 200 });
    late.tell({ type: "ended", state: "done" });
    await waitFor("both to be told", () => flowLog.counts().live === 0);
    tap.tell({
      type: "usage",
      usage: { input: 7, output: 3, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: true },
    });
    await waitFor("both lines", () => lines().length === 3);
    expect(lines()[1]).toContain(" ~7->3 - ");
    expect(lines()[2]).toContain(" - - - ");
  });

  it("goes on with the next core", async () => {
    const { flowLog, lines, err, close, context } = await tailed({ limit: 1 }, (log) => ended(log));
    await waitFor("the hello", () => lines().length === 1);
    const live = flowLog.open(call);
    live.tell({ type: "ended", state: "failed", error: "cut by \u001b[31mthe end" });
    await waitFor("the failed one", () => lines().length === 2);
    expect(lines()[1]).toContain("-,failed");
    expect(lines()[1]).toContain("cut by ␛[31mthe end");
    await close();
    await waitFor("the loss to be told", () => err().includes("lost the core"));
    const deps = benchDeps(context.paths.controlSocket);
    // What ended before we were back is not missed.
    ended(deps.flowLog, { path: "/between" });
    const next = await createControlServer(deps);
    endings.push(() => next.close());
    await waitFor("the call in between", () => lines().length === 3);
    ended(deps.flowLog, { path: "/after" });
    await waitFor("the call after", () => lines().length === 4);
    expect(
      lines()
        .slice(2)
        .map((line) => line.split(" ")[2]),
    ).toEqual(["/between", "/after"]);
    expect(err()).toBe("lost the core; waiting for it to come back\nthe core is back\n");
  });

  it("ends quietly when nobody reads any more", async () => {
    const bench = await benchWithCore();
    const stdout = new PassThrough();
    const ending = flowsTail({ ...bench.context, stdout }, options);
    await waitFor("it to follow", () => stdout.listenerCount("error") > 0);
    stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(await ending).toBe(0);
    expect(bench.err()).toBe("");
  });

  it("needs a running core to begin with", async () => {
    const bench = commandBench();
    endings.push(() => bench.close());
    await expect(flowsTail(bench.context, options)).rejects.toMatchObject({ exitCode: 3 });
  });

  it("says how a call went in a word", () => {
    const flow = {
      id: "x",
      method: "POST",
      path: "/p?q",
      status: 200,
      state: "truncated",
      attempts: [{ status: 429 }, { status: 200 }],
      model: { asked: null, served: null },
      usage: null,
      timings: { totalMs: null },
    };
    // What a line reads of a flow.
    expect(flowLine(flow as unknown as Parameters<typeof flowLine>[0], 3)).toBe("#3 POST /p - - - - 429>2,truncated x");
  });
});

describe("export", () => {
  const order: ExportOptions = { format: "jsonl", filter: undefined, output: undefined, force: false };

  it("writes to stdout what was asked for, and says on stderr what that was", async () => {
    const bench = await benchWithCore();
    const { context, out, err, flowLog } = bench;
    const [one, two] = [ended(flowLog), ended(flowLog, { client: "codex" })];
    flowLog.open({ ...call, action: "tunnel" }).tell({ type: "ended", state: "done" });
    const ids = (text: string): string[] =>
      text
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { id: string }).id);
    await exportCalls(context, [two, one], order);
    expect(ids(out())).toEqual([two, one]);
    const before = out().length;
    await exportCalls(context, [], { ...order, filter: "client:codex" });
    expect(ids(out().slice(before))).toEqual([two]);
    const har = out().length;
    expect(await typed(bench, "export", "--format", "har")).toBe(0);
    expect(JSON.parse(out().slice(har))).toMatchObject({ log: { entries: [{}, {}] } });
    expect(err()).toContain(
      "2 calls exported; credentials are masked\nleft out: 1 × tunnels: they were not decrypted\n",
    );
  });

  it("writes a file that only its owner can read, whole or not at all", async () => {
    const { context, home, flowLog, close } = await benchWithCore();
    ended(flowLog);
    const output = join(home, "out.har");
    await exportCalls(context, [], { ...order, format: "har", output });
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(output, "utf8"))).toMatchObject({ log: { version: "1.2" } });
    writeFileSync(output, "mine");
    await expect(exportCalls(context, [], { ...order, output })).rejects.toMatchObject({ exitCode: 2 });
    expect(readFileSync(output, "utf8")).toBe("mine");
    await exportCalls(context, [], { ...order, output, force: true });
    expect(readFileSync(output, "utf8")).toContain('"client":"claude-code"');
    const elsewhere = join(home, "other.har");
    await expect(exportCalls(context, ["nobody"], { ...order, output: elsewhere })).rejects.toMatchObject({
      code: "no-such-flow",
    });
    await close();
    await expect(exportCalls(context, [], { ...order, output: elsewhere })).rejects.toMatchObject({ exitCode: 3 });
    expect(readdirSync(home).filter((name) => name.includes("other") || name.endsWith(".tmp"))).toEqual([]);
  });

  it("takes the place of no folder, no link and no device", async () => {
    const { context, home, flowLog } = await benchWithCore();
    ended(flowLog);
    mkdirSync(join(home, "folder"));
    symlinkSync(join(home, "target"), join(home, "link"));
    for (const output of [join(home, "folder"), join(home, "link"), "/dev/null"]) {
      await expect(exportCalls(context, [], { ...order, output, force: true })).rejects.toMatchObject({ exitCode: 2 });
    }
    expect(existsSync(join(home, "target"))).toBe(false);
    await expect(exportCalls(context, [], { ...order, output: join(home, "no", "such", "f") })).rejects.toThrow(
      /ENOENT|no such/,
    );
  });

  it("leaves nothing behind when the core ends in the middle", async () => {
    const { context, home, flowLog, server } = await benchWithCore();
    const body = "x".repeat(900_000);
    for (let index = 0; index < 40; index += 1) ended(flowLog, {}, body);
    const exporting = exportCalls(context, [], { ...order, output: join(home, "cut.jsonl") });
    exporting.catch(() => {});
    await waitFor("the first bytes", () =>
      readdirSync(home).some((name) => name.startsWith("cut") && statSync(join(home, name)).size > 0),
    );
    await server.close();
    await expect(exporting).rejects.toThrow("broke off");
    expect(readdirSync(home).filter((name) => name.startsWith("cut"))).toEqual([]);
  });

  it("waits for a slow reader, and stops for one that goes", async () => {
    const { context, flowLog, err } = await benchWithCore();
    for (let index = 0; index < 20; index += 1) ended(flowLog, {}, "x".repeat(500_000));
    const stdout = new PassThrough({ highWaterMark: 1_024 });
    const exporting = exportCalls({ ...context, stdout }, [], order);
    await once(stdout, "readable");
    stdout.read();
    stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(await exporting).toBe(0);
    expect(err()).not.toContain("error");
  });

  it.each([
    [["a"], { filter: "x" }],
    [[], { filter: "hots:x" }],
  ])("refuses %j with %j", async (ids, more) => {
    const { context } = await benchWithCore();
    await expect(exportCalls(context, ids, { ...order, ...more })).rejects.toMatchObject({ exitCode: 2 });
  });
});
