import { describe, expect, it } from "vitest";
import { doctorHome, lookOne } from "../__fixtures__/doctor-bench.ts";
import { hasSince, isAtLeast } from "./system.ts";

describe("Node", () => {
  it("is refused when it is too old, and the next step is named", async () => {
    const { context } = doctorHome();
    const found = await lookOne(context, "system.node", { nodeVersion: "20.17.0" });
    expect(found).toMatchObject({ state: "fail", text: "20.17.0 is too old" });
    expect(found.fix).toContain("newer Node");
  });

  it.each([
    ["20.18.0", ["SQLite", "NODE_USE_ENV_PROXY"], []],
    ["22.13.1", ["NODE_USE_ENV_PROXY"], ["SQLite"]],
    ["22.21.0", [], ["SQLite", "NODE_USE_ENV_PROXY"]],
    ["23.11.0", ["NODE_USE_ENV_PROXY"], ["SQLite"]],
    ["26.0.0", [], ["SQLite", "NODE_USE_ENV_PROXY"]],
  ])("%s is fine; what newer ones add is said: %j", async (nodeVersion, adds, has) => {
    const { context } = doctorHome();
    const { state, text } = await lookOne(context, "system.node", { nodeVersion });
    expect(state).toBe("ok");
    for (const word of adds) expect(text).toContain(word);
    for (const word of has) expect(text).not.toContain(word);
  });

  it.each([
    ["20.18.0", "20.18", true],
    ["20.9.9", "20.18", false],
    ["v24.1.0", "22.21.0", true],
    ["22.21.0-rc.1", "22.21.0", true],
  ])("versions are compared by number: %s and %s", (version, least, expected) => {
    expect(isAtLeast(version, least)).toBe(expected);
  });

  it("knows that each line of versions has its own first one", () => {
    expect(hasSince("23.0.0", ["22.21.0", "24.0.0"])).toBe(false);
    expect(hasSince("22.22.0", ["22.21.0", "24.0.0"])).toBe(true);
  });
});

describe("the platform", () => {
  it.each([
    ["linux", "ok"],
    ["darwin", "ok"],
    ["win32", "warn"],
  ] as const)("%s is %s", async (platform, state) => {
    const { context } = doctorHome();
    expect(await lookOne({ ...context, platform }, "system.platform")).toMatchObject({ state });
  });
});
