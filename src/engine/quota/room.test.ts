import { describe, expect, it } from "vitest";
import type { QuotaReading } from "./quota.ts";
import { hasRoom } from "./room.ts";
import { quotaWindow, type WindowFigures } from "./window.ts";

const readAt = Date.parse("2026-11-21T12:00:00Z");

function reading(...windows: readonly WindowFigures[]): QuotaReading {
  return Object.freeze({
    account: "claude/main",
    windows: windows.map(quotaWindow),
    plan: null,
    source: "endpoint",
    readAt,
  });
}

const open = { name: "5h", usedPercent: 40 };
const over = { name: "7d", usedPercent: 100, resetAt: readAt + 1000 };

describe("is there quota again?", () => {
  it.each([
    ["not when nothing is said", reading(), null, false],
    ["when the account's windows are open", reading(open), null, true],
    ["not while one of them is over", reading(open, over), null, false],
    ["when its reset has come", reading(open, { ...over, resetAt: readAt }), null, true],
    ["not for one model, when only the account's windows are told", reading(open), "claude-opus-4-6", false],
    ["for one model, by its name", reading({ name: "r", model: "Gemini-3", remaining: 4 }), "gemini-3", true],
    ["for one model, by its family's word", reading(open, { ...open, model: "opus" }), "claude-opus-4-6", true],
    ["not by a part of a name", reading({ ...open, model: "gemini-3-pro" }), "gemini-3-pro-high", false],
    ["not by a part of a word", reading({ ...open, model: "op" }), "claude-opus-4-6", false],
    ["not for a model whose own window is over", reading(open, { ...over, model: "fable" }), "claude-fable-5", false],
    ["not for a model while the account is over", reading(over, { ...open, model: "opus" }), "claude-opus-4-6", false],
    ["for the account, though one model's window is over", reading(open, { ...over, model: "fable" }), null, true],
    ["whatever an editor's completions have left", reading(open, { ...over, name: "completions" }), null, true],
    ["not because of an editor's completions", reading({ ...open, name: "completions" }), null, false],
    ["where there is no limit", reading({ name: "chat", unlimited: true, usedPercent: 100 }), null, true],
  ] as const)("%s", (_, given, model, expected) => {
    expect(hasRoom(given, model)).toBe(expected);
  });
});
