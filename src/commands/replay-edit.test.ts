/** The questions at a terminal while a body is edited. What scripts see is in test/e2e/replay.test.ts. */
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../../test/support/temp.ts";
import { waitFor } from "../../test/support/wait.ts";
import type { FlowDetailJson } from "../base/controls.ts";
import { aCall } from "../control/recording/__fixtures__/calls.ts";
import { commandBench } from "./__fixtures__/command-bench.ts";
import { editedBody } from "./replay-edit.ts";

const body = '{"model":"m","messages":[]}';

function flowWith(text: string | undefined, more: Partial<FlowDetailJson> = {}): FlowDetailJson {
  const facts = { bytes: 10, captured: 10, truncated: false, contentType: "application/json", encoding: null };
  const side = { line: "POST /", headers: [], body: text === undefined ? facts : { ...facts, text }, timeline: [] };
  return { ...aCall().flow, sides: { "client-request": side }, ...more };
}

/** A person at a terminal with an editor that does what the script says; `$1` is the file. */
function terminal(script: string) {
  const folder = tempFolder("edit");
  const editor = folder.file("editor.sh", `#!/bin/sh\necho "$1" >> ${join(folder.path, "files")}\n${script}\n`);
  chmodSync(editor, 0o700);
  const bench = commandBench({ env: { EDITOR: editor } });
  onTestFinished(async () => {
    await bench.close();
    folder.close();
  });
  const keys = new PassThrough();
  const context = {
    ...bench.context,
    stdin: Object.assign(keys, { isTTY: true }),
    stderr: { ...bench.context.stderr, isTTY: true },
  };
  const files = (): string[] => readFileSync(join(folder.path, "files"), "utf8").trim().split("\n");
  return {
    ...bench,
    folder: folder.path,
    edit: (flow: FlowDetailJson) => editedBody(context, flow),
    answer: async (question: string, line: string) => {
      await waitFor(`the question ${question}`, () => bench.err().includes(question));
      keys.write(`${line}\n`);
    },
    files,
    isCleanedUp: () => files().every((file) => !existsSync(file) && !existsSync(dirname(file))),
  };
}

describe("a body in an editor", () => {
  it("that was not changed is sent when its owner says so", async () => {
    const { edit, answer, isCleanedUp } = terminal("true");
    const edited = edit(flowWith(body));
    await answer("nothing was changed; send it all the same? [y/N]", "y");
    expect(JSON.parse((await edited) ?? "")).toEqual(JSON.parse(body));
    expect(isCleanedUp()).toBe(true);
  });

  it("that was not changed is not sent otherwise", async () => {
    const { edit, answer, err } = terminal("true");
    const edited = edit(flowWith(body));
    await answer("[y/N]", "");
    expect(await edited).toBeNull();
    expect(err()).toContain("nothing was changed: nothing was sent");
  });

  it("that is no JSON can be edited again, from where it was left", async () => {
    const { edit, answer, files, isCleanedUp } = terminal(
      `if grep -q broken "$1"; then echo '{"mended": true}' > "$1"; else echo broken > "$1"; fi`,
    );
    const edited = edit(flowWith(body));
    await answer("edit again? [Y/n]", "");
    expect(await edited).toBe('{"mended": true}\n');
    expect(new Set(files()).size).toBe(1);
    expect(files()).toHaveLength(2);
    expect(isCleanedUp()).toBe(true);
  });

  it("that is no JSON is not sent", async () => {
    const { edit, answer, isCleanedUp } = terminal('echo broken > "$1"');
    const edited = edit(flowWith(body)).catch((error: unknown) => error);
    await answer("edit again? [Y/n]", "n");
    expect(await edited).toMatchObject({ exitCode: 2, message: "what was edited is not JSON: nothing was sent" });
    expect(isCleanedUp()).toBe(true);
  });

  it("is gone from the disk when the editor is ended from outside", async () => {
    const { edit, signal, files, isCleanedUp } = terminal("exec sleep 60");
    const edited = edit(flowWith(body)).catch((error: unknown) => error);
    await waitFor("the editor to be open", () => {
      try {
        return files().length > 0;
      } catch {
        return false;
      }
    });
    // Ctrl-C is the editor's own business.
    signal("SIGINT");
    signal("SIGTERM");
    expect(await edited).toMatchObject({ exitCode: 1, message: expect.stringContaining("nothing was sent") });
    expect(isCleanedUp()).toBe(true);
  });

  it.each([
    [flowWith(undefined), "its body is not text"],
    [{ ...flowWith(body), sides: {} }, "its body was not kept whole"],
    [flowWith(body, { action: "tunnel" }), "there is no request in it that could be repeated"],
    [flowWith(body, { protocol: "websocket" }), "there is no request in it that could be repeated"],
  ])("is refused before an editor is opened: %#", async (flow, why) => {
    const { edit } = terminal("true");
    await expect(edit(flow)).rejects.toMatchObject({ exitCode: 1, why });
  });

  it("of a call that has not ended is refused, too", async () => {
    const { endedAt: _, ...live } = flowWith(body);
    await expect(terminal("true").edit(live)).rejects.toMatchObject({ why: "it has not ended yet" });
  });
});
