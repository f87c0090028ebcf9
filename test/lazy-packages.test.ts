import { createRequire } from "node:module";
import { expect, it } from "vitest";

it("is not loaded by an engine that nobody has asked anything: what only few calls need", async () => {
  await import("../src/engine/index.ts");
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  expect(loaded.filter((path) => /node_modules\/(?:protobufjs|@smithy)\//.test(path))).toEqual([]);
}, 60_000);
