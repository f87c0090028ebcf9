import { describe, expect, it } from "vitest";
import type { HeaderPairs } from "../base/http.ts";
import { identifyClient } from "./identify.ts";

const who = (headers: HeaderPairs, host = "api.anthropic.com"): string =>
  identifyClient({ method: "POST", scheme: "https", host, port: 443, target: "/", headers });
const agent = (value: string): HeaderPairs => [["User-Agent", value]];

describe("identifyClient", () => {
  it.each([
    ["claude-cli/2.1.329 (external, sdk-cli)", "claude-code"],
    ["codex_exec/0.169.0 (Debian 12; x86_64) unknown", "codex"],
    ["codex-tui/0.169.0", "codex"],
    ["codex_cli_rs/0.169.0", "codex"],
    ["GeminiCLI/0.61.0/gemini-2.5-flash (linux; x64)", "gemini-cli"],
    ["QwenCode/0.15.10 (linux; x64)", "qwen-code"],
    ["opencode/1.18.33 ai-sdk/provider-utils", "opencode"],
    ["copilot/1.0.102 (linux v24.20.0)", "copilot-cli"],
    ["GitHubCopilotChat/0.30.0", "copilot"],
    ["antigravity/1.11.5 darwin/arm64", "antigravity"],
    ["Zed/0.200.0", "zed"],
    ["curl/7.88.1", "curl"],
    ["python-requests/2.28.1", "python"],
    ["Python-urllib/3.11", "python"],
    ["Anthropic/Python 0.70.0", "python"],
    ["Anthropic/JS 1.12.0", "node"],
    ["undici", "node"],
    ["Mozilla/5.0", "unknown"],
  ])("%s is %s", (value, client) => {
    expect(who(agent(value))).toBe(client);
  });

  it("reads other marks where the agent says nothing", () => {
    expect(who([["x-app", "cli"]])).toBe("claude-code");
    expect(who([["Originator", "codex_exec"]])).toBe("codex");
    expect(who([["x-stainless-runtime", "node"]])).toBe("node");
    expect(who([], "api2.cursor.sh")).toBe("cursor");
    expect(who([])).toBe("unknown");
  });

  it("prefers the tool over the library it uses", () => {
    expect(
      who([
        ["x-stainless-runtime", "node"],
        ["User-Agent", "claude-cli/2.1"],
      ]),
    ).toBe("claude-code");
  });
});
