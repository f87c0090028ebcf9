import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checksum } from "./cursor-checksum.ts";

interface Vector {
  readonly unix_ms: number | string;
  readonly machine_id: string;
  readonly mac_machine_id: string | null;
  readonly header_js_shift: string;
}
// Made by the page of facts; its shape is above.
const vectors = JSON.parse(
  readFileSync(new URL("../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as { readonly checksum: readonly Vector[] };

describe("Cursor's checksum", () => {
  it("is what the editor computes", () => {
    expect(vectors.checksum.length).toBeGreaterThan(0);
    for (const { unix_ms, machine_id, mac_machine_id, header_js_shift } of vectors.checksum) {
      expect(checksum(Number(unix_ms), { machine: machine_id, mac: mac_machine_id })).toBe(header_js_shift);
    }
  });
});
