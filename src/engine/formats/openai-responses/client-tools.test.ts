/** Tools with items of their own: a function on the way to the model, the client's own item on the way back. */
import { describe, expect, it } from "vitest";
import { frames, readRequest, writeStream, type Loose } from "../__fixtures__/harness.ts";
import type { HubRequest } from "../../hub/request.ts";
import { replay } from "../../hub/replay.ts";
import { finalResponse } from "./__fixtures__/streams.ts";

const tools = [
  { type: "local_shell" },
  { type: "shell", environment: { type: "local" } },
  { type: "apply_patch" },
  {
    type: "tool_search",
    execution: "client",
    parameters: { type: "object", properties: { goal: { type: "string" } } },
  },
];

const read = (body: object): HubRequest => readRequest("openai-responses", { model: "gpt-x", input: "hi", ...body });

function writtenCall(name: string, args: string, request: Partial<HubRequest> = read({ tools })): Loose {
  const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
  const events = replay({
    id: "r",
    model: "m",
    parts: [{ type: "tool-call", id: "call_1", name, arguments: args, kind: "function" }],
    finish: { reason: "tool-calls", raw: null },
    usage,
    losses: [],
  });
  const bytes = writeStream("openai-responses", events, request);
  const [item] = finalResponse(bytes)["output"] as readonly Loose[];
  const told = (frames(bytes) as readonly Loose[]).filter((frame) => frame["type"] === "response.output_item.done");
  expect(told.map((frame) => frame["item"] as Loose)).toEqual([item]);
  return item ?? {};
}

describe("on the way in", () => {
  it("are functions that any model understands", () => {
    expect(read({ tools }).tools.map((tool) => [tool.kind, tool.name])).toEqual([
      ["function", "local_shell"],
      ["function", "shell"],
      ["function", "apply_patch"],
      ["function", "tool_search"],
    ]);
    expect(read({ tools }).tools[3]).toMatchObject({ parameters: { properties: { goal: {} } } });
  });

  it("are the provider's own where the provider runs them", () => {
    const hosted = [{ type: "shell", environment: { type: "container_auto" } }, { type: "tool_search" }];
    expect(read({ tools: hosted }).tools.map((tool) => tool.kind)).toEqual(["server", "server"]);
  });

  it("step aside for a function of the same name", () => {
    const request = read({ tools: [{ type: "function", name: "shell" }, { type: "shell" }] });
    expect(request.tools.map((tool) => tool.name)).toEqual(["shell", "shell_2"]);
    expect(writtenCall("shell_2", '{"commands":["ls"]}', request)["type"]).toBe("shell_call");
    expect(writtenCall("shell", "{}", request)["type"]).toBe("function_call");
  });

  it("have their history told as calls and results", () => {
    const { messages } = read({
      tools,
      input: [
        { role: "user", content: "hi" },
        {
          type: "local_shell_call",
          id: "lsh_1",
          call_id: "a",
          action: { type: "exec", command: ["ls"], env: {}, timeout_ms: null },
        },
        { type: "local_shell_call_output", id: "lsh_1", output: "x" },
        { type: "shell_call", call_id: "b", action: { commands: ["pwd"], timeout_ms: 5 } },
        {
          type: "shell_call_output",
          call_id: "b",
          output: [
            { stdout: "/\n", stderr: "", outcome: { type: "exit", exit_code: 0 } },
            { stdout: "", stderr: "slow", outcome: { type: "timeout" } },
          ],
        },
        { type: "apply_patch_call", call_id: "c", operation: { type: "delete_file", path: "a" } },
        { type: "apply_patch_call_output", call_id: "c", status: "failed", output: "no such file" },
      ],
    });
    expect(messages.slice(1)).toMatchObject([
      { parts: [{ id: "a", name: "local_shell", arguments: '{"command":["ls"],"env":{}}' }] },
      { role: "tool", callId: "a", parts: [{ text: "x" }] },
      { parts: [{ id: "b", name: "shell", arguments: '{"commands":["pwd"],"timeout_ms":5}' }] },
      { role: "tool", callId: "b", parts: [{ text: "/\n\n[exit code 0]\nslow\n[timed out]" }] },
      { parts: [{ id: "c", name: "apply_patch", arguments: '{"type":"delete_file","path":"a"}' }] },
      { role: "tool", callId: "c", isError: true, parts: [{ text: "no such file" }] },
    ]);
  });
});

describe("on the way back", () => {
  it.each([
    [
      "local_shell",
      '{"command":["ls","-l"],"working_directory":"/","timeout_ms":9,"env":{"A":"b"}}',
      {
        type: "local_shell_call",
        action: { type: "exec", command: ["ls", "-l"], working_directory: "/", timeout_ms: 9, env: { A: "b" } },
      },
    ],
    ["local_shell", '{"command":"ls -l"}', { action: { command: ["sh", "-c", "ls -l"] } }],
    ["local_shell", '{"command":["l', { action: { command: [] } }],
    ["local_shell", '{"command":["ls"],"timeout_ms":1.5}', { action: { timeout_ms: 1 } }],
    [
      "shell",
      '{"commands":["ls","pwd"]}',
      { type: "shell_call", action: { commands: ["ls", "pwd"], timeout_ms: null, max_output_length: null } },
    ],
    [
      "apply_patch",
      '{"type":"create_file","path":"a","diff":"+x"}',
      { type: "apply_patch_call", operation: { type: "create_file", path: "a", diff: "+x" } },
    ],
    ["apply_patch", '{"type":"delete_file","path":"a"}', { operation: { type: "delete_file", path: "a" } }],
    [
      "tool_search",
      '{"goal":"calendar"}',
      { type: "tool_search_call", execution: "client", arguments: { goal: "calendar" } },
    ],
  ])("a call of %s with %s is its own item", (name, args, wanted) => {
    expect(writtenCall(name, args)).toMatchObject({ call_id: "call_1", status: "completed", ...wanted });
  });

  it("a call of a tool that was not declared so is a plain function call", () => {
    expect(writtenCall("local_shell", '{"command":["ls"]}', {})).toMatchObject({
      type: "function_call",
      name: "local_shell",
      arguments: '{"command":["ls"]}',
    });
  });
});
