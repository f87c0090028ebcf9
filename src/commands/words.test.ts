import { describe, expect, it } from "vitest";
import { CoreStartError } from "../control/process.ts";
import { ControlError } from "../control/client.ts";
import { tableLines } from "./context.ts";
import { asFailure, failureText } from "./failure.ts";
import { currentShell } from "./shells.ts";
import { windowsCommandLine } from "./windows-command.ts";

describe("failures", () => {
  it("say what happened, why, and what to type next", () => {
    const error = Object.assign(new Error("no"), { exitCode: 5, why: "because", fix: "do this" });
    const failure = asFailure(error);
    expect(failure.exitCode).toBe(5);
    expect(failureText(failure)).toBe("error: no\n  why: because\n  next: do this\n");
  });

  it("are passed on from a child core as they were, not wrapped twice", () => {
    const output = "error: 127.0.0.1:8317 is already in use\n  why: another program listens there\n  next: try 0";
    const failure = asFailure(new CoreStartError(4, output));
    expect(failure.exitCode).toBe(4);
    expect(failureText(failure)).toBe(`${output}\n`);
  });

  it.each([
    [new ControlError("not-running", "x"), 3],
    [new ControlError("refused", "x"), 3],
    [new ControlError("failed", "x"), 1],
    [Object.assign(new Error("x"), { name: "CaError", fix: "rotate" }), 5],
    [new Error("x"), 1],
    ["x", 1],
  ])("have the exit code of their kind: %s", (error, code) => {
    expect(asFailure(error).exitCode).toBe(code);
  });
});

describe("shells", () => {
  it.each([
    [{ SHELL: "/usr/bin/fish" }, "linux", "fish"],
    [{ SHELL: "/bin/zsh" }, "darwin", "zsh"],
    [{ SHELL: "/bin/tcsh" }, "linux", "bash"],
    [{}, "linux", "bash"],
    [{ PSModulePath: "x" }, "win32", "pwsh"],
    [{}, "win32", "cmd"],
  ] as const)("are recognised: %j on %s is %s", (env, platform, shell) => {
    expect(currentShell(env, platform)).toBe(shell);
  });

  it.each([
    ["claude", ["-p", "say hi"], '"^"claude^" ^"-p^" ^"say^ hi^""'],
    ["a", ['say "hi"'], '"^"a^" ^"say^ \\^"hi\\^"^""'],
    ["a", ["100%", "a&b|c"], '"^"a^" ^"100^%^" ^"a^&b^|c^""'],
    ["a", ["end\\"], '"^"a^" ^"end\\\\^""'],
  ])("get a Windows command line that means the same: %s %j", (command, args, line) => {
    expect(windowsCommandLine(command, args)).toBe(line);
  });
});

describe("tables", () => {
  it("have columns as wide as their widest cell and no trailing spaces", () => {
    expect(
      tableLines(
        ["A", "LONG"],
        [
          ["wide", "x"],
          ["y", ""],
        ],
      ),
    ).toEqual(["A     LONG", "wide  x", "y"]);
  });
});
