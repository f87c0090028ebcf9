import { describe, expect, it } from "vitest";
import type { HubRequest } from "../../hub/request.ts";
import { restoreReply } from "../../hub/restore.ts";
import type { HubTool } from "../../hub/tools.ts";
import { noUsage } from "../../hub/usage.ts";
import type { Loose } from "../__fixtures__/harness.ts";
import {
  antigravity,
  assistant,
  call,
  result,
  studio,
  user,
  write,
  written,
  type Asked,
} from "./__fixtures__/written.ts";

const object = (properties: object): { readonly type: "object"; readonly properties: object } => ({
  type: "object",
  properties,
});
const tool = (name: string, parameters: object = object({ a: { type: "string" } }), more: object = {}): HubTool => ({
  kind: "function",
  name,
  parameters: parameters as Readonly<Record<string, unknown>>,
  ...more,
});
const server = (name: string, more: object = {}): HubTool => ({
  kind: "server",
  name,
  from: "claude",
  raw: { type: name, name },
  ...more,
});
const three = "gemini-3-pro-preview";

function functions(request: Partial<HubRequest>, asked: Asked = {}): readonly Loose[] {
  return written(request, asked).body["tools"][0].functionDeclarations;
}

/** A call as the upstream writes it, given back to the client. */
function restored(request: Partial<HubRequest>, name: string, args: string, asked: Asked = {}): unknown {
  const sent = write(request, asked);
  if (!sent.ok) throw new Error(sent.error.message);
  const part = { type: "tool-call", id: "1", name, arguments: args, kind: "function" } as const;
  const finish = { reason: "tool-calls", raw: null } as const;
  const reply = { id: null, model: null, parts: [part], finish, usage: noUsage, losses: [] };
  return restoreReply(reply, sent.value.replyContext).parts[0];
}

describe("function declarations", () => {
  it("Q1: are real JSON Schema where the model knows it, and the old subset elsewhere", () => {
    const tools = [tool("f", object({ a: { type: ["string", "null"] } }), { description: "does" })];
    expect(functions({ tools })).toEqual([
      { name: "f", description: "does", parametersJsonSchema: object({ a: { type: ["string", "null"] } }) },
    ]);
    const old = [{ name: "f", description: "does", parameters: object({ a: { type: "string", nullable: true } }) }];
    expect(functions({ tools }, { model: "gemini-2.0-flash" })).toEqual(old);
    expect(functions({ tools }, { backend: { ...studio, schema: "vertex" } })).toEqual(old);
    expect(functions({ tools }, { backend: { ...studio, jsonSchema: false } })).toEqual(old);
  });

  it("have no schema where there are no arguments, but for Antigravity", () => {
    const tools = [tool("f", {})];
    expect(functions({ tools })).toEqual([{ name: "f" }]);
    expect(functions({ tools }, { backend: antigravity })[0]?.["parameters"].required).toEqual(["reason"]);
  });

  it("Q1: what had to be declared otherwise comes back as the client declared it", () => {
    expect(restored({ tools: [tool("f", {})] }, "f", '{"reason":"because"}', { backend: antigravity })).toMatchObject({
      arguments: "{}",
    });
    const sized = { tools: [tool("f", object({ size: { enum: [1, 2] } }))] };
    const old = { model: "gemini-2.0-flash" };
    expect(functions(sized, old)[0]?.["parameters"].properties.size).toEqual({ type: "string", enum: ["1", "2"] });
    expect(restored(sized, "f", '{"size":"2"}', old)).toMatchObject({ arguments: '{"size":2}' });
    expect(restored(sized, "f", '{"size":"2"}')).toMatchObject({ arguments: '{"size":"2"}' });
    const counted = { tools: [tool("f", object({ n: { type: "integer" } }))] };
    expect(restored(counted, "f", '{"n":"2"}', { backend: antigravity })).toMatchObject({ arguments: '{"n":2}' });
  });

  it("T14: have names of 64 characters with dots and colons; others are fitted, and restored", () => {
    const long = `${"n".repeat(80)}.x`;
    const names = ["a.b:c-d", "9lives", "with space", "a/b", long, `${long}2`];
    const request: Partial<HubRequest> = {
      tools: names.map((name) => tool(name)),
      messages: [user("hi"), assistant(call("1", { name: long })), result("1", "ok")],
      toolChoice: { type: "tool", name: "9lives" },
    };
    const { body } = written(request);
    const sent: readonly string[] = body["tools"][0].functionDeclarations.map((one: Loose) => one["name"]);
    expect(sent[0]).toBe("a.b:c-d");
    expect(new Set(sent).size).toBe(names.length);
    for (const name of sent) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/);
    expect(body["contents"][1].parts[0].functionCall.name).toBe(sent[4]);
    expect(body["contents"][2].parts[0].functionResponse.name).toBe(sent[4]);
    expect(body["toolConfig"].functionCallingConfig.allowedFunctionNames).toEqual([sent[1]]);
    expect(sent.map((name) => (restored(request, name, "{}") as Loose)["name"])).toEqual(names);
    expect(
      functions({ tools: [tool("a.b")] }, { model: "claude-sonnet-4-6", backend: antigravity })[0]?.["name"],
    ).toMatch(/^a_b_[0-9a-f]{8}$/);
  });

  it("T17: stand for freeform tools too, whose calls come back as raw text", () => {
    const request = { tools: [{ kind: "custom", name: "apply_patch", description: "Patches." } as const] };
    expect(functions(request)[0]).toMatchObject({ name: "apply_patch", parametersJsonSchema: { required: ["input"] } });
    expect(restored(request, "apply_patch", '{"input":"*** Begin"}')).toMatchObject({
      kind: "custom",
      arguments: "*** Begin",
    });
    expect(restored(request, "apply_patch", '{"input":"*** Begin"}', { backend: antigravity })).toMatchObject({
      kind: "custom",
      arguments: "*** Begin",
    });
  });

  it("stand once, and say what became of their schema", () => {
    const { body, losses } = written({
      tools: [tool("f", object({ a: { type: "string", pattern: "^a", not: {} } })), tool("f")],
    });
    expect(body["tools"][0].functionDeclarations).toHaveLength(1);
    expect(losses).toEqual([
      "tool: schema of f: pattern now stand in its descriptions",
      "tool: schema of f: not left out",
      "tool: f was declared twice; the first one counts",
    ]);
  });
});

describe("the choice", () => {
  const tools = [tool("a"), tool("b")];
  const config = (request: Partial<HubRequest>, asked: Asked = {}): unknown =>
    written({ tools, ...request }, asked).body["toolConfig"]?.functionCallingConfig;

  it("T15: of one tool is ANY with its name", () => {
    expect(config({ toolChoice: { type: "tool", name: "b" } })).toEqual({ mode: "ANY", allowedFunctionNames: ["b"] });
  });

  it("T16: of none is NONE, never AUTO", () => {
    expect(config({ toolChoice: { type: "none" } })).toEqual({ mode: "NONE" });
    expect(config({ toolChoice: { type: "none" } }, { backend: antigravity })).toEqual({ mode: "NONE" });
  });

  it("is said in Google's modes, and not at all where the client said nothing", () => {
    expect(config({})).toBeUndefined();
    expect(config({ toolChoice: { type: "auto" } })).toEqual({ mode: "AUTO" });
    expect(config({ toolChoice: { type: "required" } })).toEqual({ mode: "ANY" });
    expect(config({ toolChoice: { type: "allowed", mode: "required", names: ["b", "gone"] } })).toEqual({
      mode: "ANY",
      allowedFunctionNames: ["b"],
    });
  });

  it("among some while the model is free leaves the others undeclared", () => {
    const { body } = written({ tools, toolChoice: { type: "allowed", mode: "auto", names: ["b"] } });
    expect(body["tools"][0].functionDeclarations.map((one: Loose) => one["name"])).toEqual(["b"]);
    expect(body["toolConfig"].functionCallingConfig).toEqual({ mode: "AUTO" });
  });

  it("is VALIDATED for Antigravity, for strict tools and where the client said so", () => {
    const validated = { mode: "VALIDATED" };
    expect(config({}, { backend: antigravity })).toEqual(validated);
    expect(config({ tools: [tool("a", undefined, { strict: true })] })).toEqual(validated);
    const old = written({ tools: [tool("a", undefined, { strict: true })] }, { model: "gemini-2.0-flash" });
    expect(old.body).not.toHaveProperty("toolConfig");
    expect(old.losses).toEqual(["tool: strict: this model does not hold calls to their schema"]);
    expect(config({ extras: { gemini: { "toolConfig.functionCallingConfig": validated } } })).toEqual(validated);
  });

  it("is left out with a word where it cannot be kept", () => {
    const { body, losses } = written({ tools, toolChoice: { type: "tool", name: "gone" } });
    expect(body).not.toHaveProperty("toolConfig");
    expect(losses.join()).toContain("tool-choice");
    const without = written({ toolChoice: { type: "required" } });
    expect(without.body).not.toHaveProperty("toolConfig");
    expect(without.losses).toEqual(["tool-choice: no function is left to be forced"]);
  });
});

describe("tools that a provider runs itself", () => {
  const search = server("web_search_20250305", { ability: "web-search" });

  it("Q15: another provider's becomes Google's own where it has the same ability", () => {
    const fetch = server("web_fetch_20250910", { ability: "web-fetch" });
    const code = server("code_execution_20250825", { ability: "code-execution" });
    expect(written({ tools: [search, fetch, code] }).body["tools"]).toEqual([
      { googleSearch: {} },
      { urlContext: {} },
      { codeExecution: {} },
    ]);
  });

  it("Q15: without such an ability is left out, by name and never as a function", () => {
    const { body, losses } = written({ tools: [server("computer_20250124")] });
    expect(body).not.toHaveProperty("tools");
    expect(losses).toEqual(["server-tool: computer_20250124: only claude can run it; it was left out"]);
    expect(written({ tools: [search] }, { model: "claude-sonnet-4-6", backend: antigravity }).body).not.toHaveProperty(
      "tools",
    );
  });

  it("names settings that cannot be carried", () => {
    const limited = { ...search, raw: { type: "web_search_20250305", name: "web_search", max_uses: 3 } };
    expect(written({ tools: [limited] }).losses).toEqual(["server-tool: the settings of web_search_20250305"]);
  });

  it("Google's own goes back as it was", () => {
    const raw = { googleSearch: { excludeDomains: ["e.com"] } };
    expect(written({ tools: [server("googleSearch", { from: "gemini", raw })] }).body["tools"]).toEqual([raw]);
  });

  it("beside functions the functions win, and the loss is named", () => {
    const { body, losses } = written({ tools: [search, tool("f")] });
    expect(body["tools"]).toHaveLength(1);
    expect(losses).toEqual(["server-tool: web_search_20250305: not together with functions; it was left out"]);
  });

  it("beside functions stays for Gemini 3 where its own client keeps the traces of it", () => {
    const request = { tools: [search, tool("f")], extras: { gemini: {} } };
    const { body, losses } = written(request, { model: three });
    expect(body["tools"].map((one: Loose) => Object.keys(one)[0])).toEqual(["functionDeclarations", "googleSearch"]);
    expect(body["toolConfig"]).toEqual({
      includeServerSideToolInvocations: true,
      functionCallingConfig: { mode: "VALIDATED" },
    });
    expect(losses).toEqual([]);
    expect(written(request).body["tools"]).toHaveLength(1);
    const vertex = written(request, { model: three, backend: { ...studio, schema: "vertex" } });
    expect(vertex.body["toolConfig"]).not.toHaveProperty("includeServerSideToolInvocations");
  });
});
