import { describe, expect, it } from "vitest";
import { ConnectionError, errorCodes, settingIds } from "./codes.ts";
import { settingsAfter, settingsPayload, unsaidSettings } from "./settings.ts";

describe("settings", () => {
  it("are as the RFC says before anybody has spoken", () => {
    expect(unsaidSettings).toEqual({
      headerTableSize: 4_096,
      leastHeaderTableSize: 4_096,
      maxConcurrentStreams: Number.POSITIVE_INFINITY,
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      enableConnectProtocol: false,
    });
  });

  it("change what they name, in their order, and leave the rest; unknown ones mean nothing", () => {
    const before = Object.freeze({ ...unsaidSettings, maxFrameSize: 20_000 });
    const payload = settingsPayload([
      [settingIds.initialWindowSize, 7],
      [settingIds.headerTableSize, 0xffff_ffff],
      [settingIds.maxConcurrentStreams, 0],
      [settingIds.enableConnectProtocol, 1],
      [settingIds.maxHeaderListSize, 3],
      [0xfafa, 9],
      [settingIds.initialWindowSize, 8],
    ]);
    expect(settingsAfter(before, payload)).toEqual({
      headerTableSize: 0xffff_ffff,
      leastHeaderTableSize: 4_096,
      maxConcurrentStreams: 0,
      initialWindowSize: 8,
      maxFrameSize: 20_000,
      enableConnectProtocol: true,
    });
  });

  it("tell the least size of a table that is lowered and raised in one frame", () => {
    const sizes = [0, 100, 4_096].map((size) => [settingIds.headerTableSize, size] as const);
    const after = settingsAfter(unsaidSettings, settingsPayload(sizes));
    expect([after.leastHeaderTableSize, after.headerTableSize]).toEqual([0, 4_096]);
    expect(settingsAfter(after, Buffer.alloc(0)).leastHeaderTableSize).toBe(4_096);
  });

  it("may say nothing", () => {
    expect(settingsAfter(unsaidSettings, Buffer.alloc(0))).toEqual(unsaidSettings);
  });

  const values: readonly (readonly [
    id: keyof typeof settingIds,
    good: readonly number[],
    bad: readonly number[],
    code: keyof typeof errorCodes,
  ])[] = [
    ["enablePush", [0, 1], [2, 0xffff_ffff], "protocolError"],
    ["initialWindowSize", [0, 0x7fff_ffff], [0x8000_0000, 0xffff_ffff], "flowControlError"],
    ["maxFrameSize", [16_384, 0xff_ffff], [0, 16_383, 0x100_0000], "protocolError"],
    ["enableConnectProtocol", [0, 1], [2], "protocolError"],
  ];

  it.each(values)("refuse what no peer may say: %s", (name, good, bad, code) => {
    const after = (value: number): unknown =>
      settingsAfter(unsaidSettings, settingsPayload([[settingIds[name], value]]));
    for (const value of good) expect(() => after(value)).not.toThrow();
    for (const value of bad) {
      expect(() => after(value)).toThrow(ConnectionError);
      expect(() => after(value)).toThrow(expect.objectContaining({ code: errorCodes[code] }));
    }
  });

  it("do not take extended CONNECT back", () => {
    const promised = settingsAfter(unsaidSettings, settingsPayload([[settingIds.enableConnectProtocol, 1]]));
    expect(() => settingsAfter(promised, settingsPayload([[settingIds.enableConnectProtocol, 0]]))).toThrow(
      ConnectionError,
    );
  });

  it("have six bytes each", () => {
    for (const size of [1, 5, 7, 11]) {
      expect(() => settingsAfter(unsaidSettings, Buffer.alloc(size))).toThrow(
        expect.objectContaining({ code: errorCodes.frameSizeError }),
      );
    }
  });
});
