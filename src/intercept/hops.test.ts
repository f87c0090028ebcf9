import { describe, expect, it } from "vitest";
import { hopName, isLoop, readHops, viaOf } from "./hops.ts";

const own = hopName(Buffer.from("0123456789ab", "hex"));

describe("T6: hops", () => {
  it("come back as they were written, beside what other proxies write", () => {
    expect(readHops(viaOf([own, "ffffffffffff"]))).toEqual([own, "ffffffffffff"]);
    expect(readHops(`1.1 squid.example (squid/5.7), ${viaOf([own])} , 2 other`)).toEqual([own]);
    for (const via of [undefined, "", ",,", "1.1 switchyard-XYZ", `1.1 switchyard-${own}0`]) {
      expect(readHops(via)).toEqual([]);
    }
  });

  it("are a loop where our own name is among them, or where they have no end", () => {
    expect(isLoop(["ffffffffffff"], own)).toBe(false);
    expect(isLoop(["ffffffffffff", own], own)).toBe(true);
    expect(
      isLoop(
        Array.from({ length: 8 }, () => "ffffffffffff"),
        own,
      ),
    ).toBe(true);
  });
});
