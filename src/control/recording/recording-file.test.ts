import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../../../test/support/temp.ts";
import { waitFor } from "../../../test/support/wait.ts";
import { aCall } from "./__fixtures__/calls.ts";
import { createRecordingReader } from "./read-recording.ts";
import { openRecordingFile, RecordingExists } from "./recording-file.ts";

function place(): string {
  const folder = tempFolder("recording");
  onTestFinished(() => folder.close());
  return folder.path;
}

const options = (path: string) => ({ path, version: "9.9.9", now: Date.UTC(2026, 10, 21) });
function read(path: string) {
  const reader = createRecordingReader();
  const calls = [...reader.push(readFileSync(path)), ...reader.end()];
  return { calls: calls.length, damage: reader.damage() };
}

describe("the file of a recording", () => {
  it("is new, private, and has a line for each call", async () => {
    const path = join(place(), "a.jsonl");
    const before = process.umask(0);
    const file = await openRecordingFile(options(path)).finally(() => process.umask(before));
    await Promise.all([file.append(aCall()), file.append(aCall({ reply: null }))]);
    await file.close();
    await file.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const [head] = readFileSync(path, "utf8").split("\n");
    expect(JSON.parse(head ?? "")).toEqual({
      switchyardRecording: 1,
      version: "9.9.9",
      createdAt: "2026-11-21T00:00:00.000Z",
    });
    expect(read(path)).toEqual({ calls: 2, damage: null });
  });

  it("may be there already when it is empty, and becomes private", async () => {
    const path = join(place(), "a.jsonl");
    writeFileSync(path, "", { mode: 0o644 });
    await (await openRecordingFile(options(path))).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(read(path)).toEqual({ calls: 0, damage: null });
  });

  it("never takes the place of another", async () => {
    const folder = place();
    const path = join(folder, "a.jsonl");
    writeFileSync(path, "mine");
    symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
    await expect(openRecordingFile(options(path))).rejects.toThrow(RecordingExists);
    await expect(openRecordingFile(options(join(folder, "link")))).rejects.toThrow("ELOOP");
    await expect(openRecordingFile(options(folder))).rejects.toThrow("EISDIR");
    await expect(openRecordingFile(options(join(folder, "none", "a")))).rejects.toThrow("ENOENT");
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it("ends at its bound with a whole line, and says so", async () => {
    const path = join(place(), "a.jsonl");
    const line = Buffer.byteLength(`${JSON.stringify(aCall())}\n`);
    const file = await openRecordingFile({ ...options(path), maxBytes: 2 * line + 200 });
    const results = [await file.append(aCall()), await file.append(aCall()), await file.append(aCall())];
    await file.close();
    expect(results).toEqual(["written", "written", "full"]);
    expect(read(path)).toEqual({ calls: 2, damage: null });
  });

  it("that never began is taken away again, and one that did is not", async () => {
    const folder = place();
    const [empty, full] = [join(folder, "a"), join(folder, "b")];
    await (await openRecordingFile(options(empty))).discard();
    expect(() => statSync(empty)).toThrow("ENOENT");
    const file = await openRecordingFile(options(full));
    await file.append(aCall());
    await file.discard();
    expect(read(full).calls).toBe(1);
  });

  it("can be read when its writer was killed", async () => {
    const path = join(place(), "a.jsonl");
    const writer = fileURLToPath(import.meta.resolve("./__fixtures__/endless-writer.ts"));
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), writer, path], { stdio: "ignore" });
    await waitFor("some calls to be written", () => {
      try {
        return statSync(path).size > 500_000;
      } catch {
        return false;
      }
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    const { calls, damage } = read(path);
    expect(calls).toBeGreaterThan(5);
    expect(damage === null || damage.why.startsWith("it ends in the middle of a line")).toBe(true);
  });
});
