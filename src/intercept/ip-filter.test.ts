import { describe, expect, it } from "vitest";
import { createIpFilter, type IpFilterSettings } from "./ip-filter.ts";

const barred = (settings: IpFilterSettings, address: string | undefined): boolean =>
  createIpFilter(() => settings)(address);

describe("the IP filter", () => {
  it("lets everybody in while it is off", () => {
    expect(barred({ mode: "off", list: ["10.0.0.0/8"] }, "10.0.0.1")).toBe(false);
    expect(barred({ mode: "off", list: [] }, undefined)).toBe(false);
  });
  it.each([
    ["10.1.2.3", false],
    ["::ffff:10.1.2.3", false],
    ["11.0.0.1", true],
    ["::1", false],
    ["::2", true],
    [undefined, true],
    ["", true],
  ])("allows only what is listed: %s", (address, expected) => {
    expect(barred({ mode: "allow", list: ["10.0.0.0/8", "::1"] }, address)).toBe(expected);
  });
  it.each([
    ["10.1.2.3", true],
    ["::ffff:10.1.2.3", true],
    ["192.168.0.1", false],
    ["fd00::7", true],
    [undefined, false],
  ])("denies what is listed: %s", (address, expected) => {
    expect(barred({ mode: "deny", list: ["10.0.0.0/8", "fd00::/8"] }, address)).toBe(expected);
  });
  it("follows the settings as they change", () => {
    let settings: IpFilterSettings = { mode: "deny", list: ["10.0.0.1"] };
    const isBarred = createIpFilter(() => settings);
    expect(isBarred("10.0.0.1")).toBe(true);
    settings = { mode: "deny", list: ["10.0.0.2"] };
    expect([isBarred("10.0.0.1"), isBarred("10.0.0.2")]).toEqual([false, true]);
    settings = { mode: "off", list: ["10.0.0.2"] };
    expect(isBarred("10.0.0.2")).toBe(false);
  });
});
