/** `switchyard replay --serve` as it is typed: what it plays, what it refuses, and what it says. No core runs. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { truncateSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Running, typedAt } from "../../test/support/typed.ts";
import { tempFolder, type TempFolder } from "../../test/support/temp.ts";
import { waitFor } from "../../test/support/wait.ts";
import { aCall, recordingText } from "../control/recording/__fixtures__/calls.ts";

function place(): TempFolder {
  const folder = tempFolder("serve");
  onTestFinished(() => folder.close());
  return folder;
}

const type = (...words: string[]) => typedAt(place().path).type("replay", ...words);

async function served(...words: string[]): Promise<Running & { readonly url: string }> {
  const running = typedAt(place().path).begin("replay", "--serve", ...words);
  const url = await waitFor("it to listen", () => /listening on (\S+)\n/.exec(running.stdout())?.[1]);
  return { ...running, url };
}

const text = recordingText([aCall(), aCall({ body: { other: true } }), aCall({ method: "GET", path: "/v1/models" })]);

describe("a recording is served", () => {
  it("until it is told to stop, and says what it holds and what it plays", async () => {
    const { url, signal, ended } = await served(place().file("a.jsonl", text), "--speed", "max");
    const reply = await fetch(`${url}/v1/messages`, {
      method: "POST",
      body: JSON.stringify({ messages: [{ content: "hi", role: "user" }], model: "claude-x" }),
    });
    expect(await reply.text()).toBe("data: 1\n\ndata: 2\n\ndata: 3\n\n");
    expect((await fetch(`${url}/v1/messages`, { method: "POST", body: "{}" })).status).toBe(404);
    signal("SIGINT");
    const ran = await ended;
    expect(ran.code).toBe(0);
    expect(ran.stdout).toBe(`listening on ${url}\n`);
    expect(ran.stderr.split("\n")).toEqual([
      "3 calls: 2 POST /v1/messages, 1 GET /v1/models",
      "POST /v1/messages: call 1, 200",
      expect.stringMatching(
        /^POST \/v1\/messages: 404, no recorded call fits POST \/v1\/messages: the nearest is call/,
      ),
      "",
    ]);
  });

  it("at the port that is asked for, or not at all", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo; // a listening TCP server always has this shape
    const ran = await type("--serve", place().file("a.jsonl", text), "--port", String(port));
    expect(ran).toMatchObject({ code: 4, stdout: "" });
    expect(ran.stderr).toContain("another program listens there");
  });

  it("up to its damage, and says where that is", async () => {
    const folder = place();
    const file = folder.file("a.jsonl", text.slice(0, -30));
    const { signal, ended } = await served(file);
    signal("SIGTERM");
    expect((await ended).stderr).toContain(
      `warning: ${file} is damaged at line 4: it ends in the middle of a line: whoever wrote it was stopped; the 2 calls before it are played\n`,
    );
  });
});

describe("it is refused, and why", () => {
  it.each([
    ["", "it is empty"],
    ["hello", "it is no recording"],
    ['{"log":{"entries":[]}}', "it is a HAR file, not a recording"],
    ['{"switchyardRecording":9}\n', "it is a recording of version 9, and this Switchyard reads version 1"],
    [recordingText([]), "there is no call in it"],
    [recordingText([{}]), "line 2: it is no call: flow"],
  ])("a file like %j", async (content, why) => {
    const ran = await type("--serve", place().file("a.jsonl", content));
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(`why: ${why}`);
  });

  it("a file that is not there, a folder, and one that is too large for any recording", async () => {
    const folder = place();
    const gone = await type("--serve", "/nowhere/a.jsonl");
    expect(gone).toMatchObject({ code: 2 });
    expect(gone.stderr).toContain("switchyard replay --serve --flows ID…");
    expect(await type("--serve", folder.path)).toMatchObject({ code: 2 });
    const huge = folder.file("huge.jsonl", text);
    truncateSync(huge, 400 * 1024 * 1024);
    const refused = await type("--serve", huge);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("it is larger than 304 MiB");
  });

  it.each([
    [["--serve"], "which recording is to be played?"],
    [["--serve", "a", "b"], "one recording is played at a time"],
    [["--serve", "a", "--via", "x/y"], "--via does not go with --serve"],
    [["--serve", "a", "--as-client", "codex"], "--as-client does not go with --serve"],
    [["--serve", "a", "--host", "0.0.0.0"], "--host 0.0.0.0 is not an address of this machine alone"],
    [["id", "--speed", "2"], "--speed goes with --serve"],
    [[], "which call is to be made again?"],
  ])("words that do not go together: %j", async (words, why) => {
    const ran = await type(...words);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(why);
  });

  it.each([["0"], ["-1"], ["fast"], ["1e3"]])("a speed like %s", async (speed) => {
    // Explained by the parser, which throws its own kind of error.
    expect(await type("--serve", "a", `--speed=${speed}`)).not.toMatchObject({ code: 0 });
  });

  it("flows, where no core runs", async () => {
    expect(await type("--serve", "--flows", "s3k00001")).toMatchObject({ code: 3 });
    expect(await type("s3k00001")).toMatchObject({ code: 3 });
  });
});
