import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultConfig } from "./defaults.ts";
import { loadConfig } from "./load.ts";
import { watchConfig, type ConfigWatch, type WatchEvent } from "./watch.ts";

let folder = "";
let path = "";
let watch: ConfigWatch | null = null;
let events: WatchEvent[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "switchyard-config-"));
  path = join(folder, "config.yaml");
  events = [];
});
afterEach(() => {
  watch?.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(more: { pollMs?: number } = {}): ConfigWatch {
  watch = watchConfig({
    path,
    config: defaultConfig,
    load: () => loadConfig({ path, env: {} }),
    onEvent: (event) => events.push(event),
    settleMs: 10,
    pollMs: 60_000,
    ...more,
  });
  return watch;
}
const seen = (): readonly string[] => events.map(({ type }) => type);

describe("watching the configuration", () => {
  it("takes a changed file into force", async () => {
    writeFileSync(path, "settings: { usage_buffer: 1 }");
    const watching = start();
    writeFileSync(path, "settings: { usage_buffer: 7 }");
    await expect.poll(seen).toEqual(["reloaded"]);
    expect(watching.current().settings.usageBuffer).toBe(7);
  });

  it("survives editors that save by renaming", async () => {
    writeFileSync(path, "settings: { usage_buffer: 1 }");
    const watching = start();
    for (const value of [2, 3]) {
      writeFileSync(`${path}.tmp`, `settings: { usage_buffer: ${value} }`);
      renameSync(`${path}.tmp`, path);
      await expect.poll(() => watching.current().settings.usageBuffer).toBe(value);
    }
  });

  it("keeps the old configuration when the new file is wrong", async () => {
    writeFileSync(path, "settings: { usage_buffer: 1 }");
    const watching = start();
    writeFileSync(path, "settings: { usage_bufer: 7 }");
    await expect.poll(seen).toEqual(["rejected"]);
    expect(watching.current()).toBe(defaultConfig);
  });

  it("keeps the configuration when the file disappears", async () => {
    writeFileSync(path, "settings: { usage_buffer: 1 }");
    const watching = start();
    rmSync(path);
    await expect.poll(seen).toEqual(["rejected"]);
    expect(watching.current()).toBe(defaultConfig);
  });

  it("notices by polling where the folder did not exist at first", async () => {
    path = join(folder, "later", "config.yaml");
    const watching = start({ pollMs: 20 });
    const { mkdirSync } = await import("node:fs");
    mkdirSync(join(folder, "later"));
    writeFileSync(path, "settings: { usage_buffer: 9 }");
    await expect.poll(() => watching.current().settings.usageBuffer).toBe(9);
  });

  it("says nothing when a file is written again unchanged", async () => {
    writeFileSync(path, "settings: { usage_buffer: 1 }");
    start();
    writeFileSync(path, "settings: { usage_buffer: 1 }");
    writeFileSync(path, "settings: { usage_buffer: 2 }");
    await expect.poll(seen).toEqual(["reloaded"]);
  });

  it("reloads on request", () => {
    writeFileSync(path, "settings: { usage_buffer: 4 }");
    const watching = start();
    expect(watching.reload().ok).toBe(true);
    expect(watching.current().settings.usageBuffer).toBe(4);
  });
});
