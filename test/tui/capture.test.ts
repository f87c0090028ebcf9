import { afterEach, describe, expect, it } from "vitest";
import { watchCommands } from "../../src/tui/view/capture-text.ts";
import { startAt, startHarness, status, type Harness, type HarnessOptions } from "./harness.ts";
import { sampleFlow } from "./sample-flows.ts";

const open: Harness[] = [];

function tunnel(id: string, host: string, why: string, startedAt: number): unknown {
  return sampleFlow(id, {
    startedAt,
    client: "unknown",
    method: "CONNECT",
    host,
    path: `${host}:443`,
    action: "tunnel",
    usage: null,
    model: { asked: null, served: null },
    why: [{ stage: "intercept", text: `tunnelled, not decrypted: ${why}` }],
  });
}

const flows = [
  sampleFlow("a", { startedAt: startAt }),
  sampleFlow("b", { startedAt: startAt + 1_000 }),
  sampleFlow("c", {
    startedAt: startAt + 2_000,
    client: "codex",
    host: "chatgpt.com",
    protocol: "websocket",
    action: "bypass",
    status: 426,
  }),
  tunnel("d", "github.com", "not a host we intercept", startAt + 3_000),
  tunnel("e", "db.internal.example", "listed under intercept.tunnel", startAt + 4_000),
  tunnel("f", "llm.example.org", "outside the scope of our certificate authority", startAt + 5_000),
];

const refused = {
  type: "certificate-refused",
  host: "api.openai.com",
  cause: "alert",
  message: "A client refused our certificate for api.openai.com: it does not trust the Switchyard CA.",
  fix: "Start the client with `switchyard run -- COMMAND`.",
  at: startAt + 6_000,
};

function start(options: Partial<HarnessOptions> = {}, known: readonly unknown[] = flows): Harness {
  const harness = startHarness({ columns: 120, rows: 40, ...options });
  open.push(harness);
  harness.emit({
    type: "hello",
    status: { ...status, ca: { ...status.ca, scope: ["anthropic.com", "openai.com"] } },
    flows: known,
  });
  if (known === flows) harness.emit({ type: "core", event: refused });
  harness.press("\u001b8");
  return harness;
}

async function textOf(harness: Harness): Promise<string> {
  return (await harness.screen()).join("\n");
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

describe("the capture screen", () => {
  it("says of each host how it is treated, how often and why, newest first", async () => {
    const text = await textOf(start());
    expect(text).toMatch(/>api\.openai\.com +! refused +- +- +1 .*the client does not trust/);
    expect(text).toMatch(/llm\.example\.org +\* tunnelled +- +1 .*outside what the certif/);
    expect(text).toMatch(/db\.internal\.example +o tunnelled +- +1 .*listed under intercep/);
    expect(text).toMatch(/github\.com +o tunnelled +- +1 .*not among the hosts/);
    expect(text).toMatch(/chatgpt\.com +\+ decrypted +1 +- +- +1 .*codex/);
    expect(text).toMatch(/api\.anthropic\.com +\+ decrypted +2 .*claude/);
    expect(text).toContain("CA until 2036-01-01  2 names");
    // The client that usually calls that host is known.
    expect(text).toContain("fix: switchyard run -- codex");
  });

  it("tells all about a refused host, with the fix, and copies it", async () => {
    const harness = start();
    harness.press("\r");
    const text = await textOf(harness);
    expect(text).toContain("A client refused our certificate for api.openai.com");
    expect(text).toContain("switchyard run -- codex");
    expect(text).toMatch(/It is valid until\s+2036-01-01, and may speak for 2 names\./);
    expect(text).toContain("y copies");
    harness.press("y");
    expect(harness.copied).toEqual(["switchyard run -- codex"]);
  });

  it("explains how a host is watched, and copies what has to be typed", async () => {
    const harness = start();
    harness.press("/github\rw");
    const text = await textOf(harness);
    expect(text).toContain("switchyard config set intercept.hosts '[default, github.com]'");
    expect(text).toContain("switchyard ca rotate");
    harness.press("y");
    expect(harness.copied).toEqual([
      "switchyard config set intercept.hosts '[default, github.com]' && switchyard ca rotate",
    ]);
  });

  it("says why a host is not there to be watched", async () => {
    const harness = start();
    for (const [word, why] of [
      ["chatgpt", "it is watched already"],
      ["internal", "intercept.tunnel names it"],
      ["llm", "switchyard ca rotate"],
    ] as const) {
      harness.press(`/${"\u007f".repeat(20)}${word}\rw`);
      expect((await harness.screen()).at(-1)).toContain(why);
    }
  });

  it("shows the host's tunnels in the traffic list", async () => {
    const harness = start();
    harness.press("/github\rf");
    const text = await textOf(harness);
    expect(text).toContain('1 match "host:github.com"');
    expect(text).toMatch(/CONNECT github\.com/);
  });

  it("goes through the kinds of hosts", async () => {
    const harness = start();
    const counted = async (): Promise<string> =>
      (await harness.screen())[1]
        ?.trim()
        .replace(/ {2}CA.*/, "")
        .trim() ?? "";
    expect(await counted()).toBe("6  all hosts");
    harness.press("v");
    expect(await counted()).toBe("2  decrypted");
    harness.press("v");
    expect(await counted()).toBe("3  tunnelled");
    harness.press("v");
    expect(await counted()).toBe("2  trouble");
  });

  it("says what will stand here while nothing has come through", async () => {
    const text = await textOf(start({ columns: 80, rows: 24 }, []));
    expect(text).toContain("No client has connected yet.");
    expect(text).toContain("/h/certs/ca.pem");
    expect(text).toContain("127.0.0.1:8317");
  });

  it.each([60, 80, 120, 200])("keeps host and treatment at %i columns", async (columns) => {
    expect(await textOf(start({ columns }))).toMatch(/>api\.openai\.com +! refused/);
  });

  it("never puts what a client sent into a command", async () => {
    const evil = "x';rm -rf ~;'.example";
    const harness = start({}, [tunnel("e", evil, "not a host we intercept", startAt)]);
    harness.press("y");
    expect(harness.copied).toEqual([]);
    harness.press("w");
    expect(await textOf(harness)).toContain("cannot be watched");
    harness.press("\u001bf");
    expect(await textOf(harness)).toContain("1 match");
    expect(watchCommands("10.0.0.1")).toBeNull();
    expect(watchCommands("$(id).example")).toBeNull();
  });
});
