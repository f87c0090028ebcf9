import { expect, it } from "vitest";
import type { StampedEvent } from "../base/events.ts";
import { createRedactor } from "../base/redact.ts";
import { createNotices } from "./notices.ts";

const at = Date.parse("2026-11-21T12:00:00.000Z");

function notice(level: "info" | "warn" | "error", text: string): StampedEvent {
  return { type: "notice", level, area: "state", text, at };
}

it("keeps warnings and errors with their time, and nothing else", () => {
  const notices = createNotices(createRedactor());
  notices.hear(notice("warn", "it was damaged"));
  notices.hear(notice("info", "all is well"));
  notices.hear({ type: "listening", url: "http://127.0.0.1:1", at });
  notices.hear(notice("error", "it broke"));
  expect(notices.list()).toEqual([
    { at: "2026-11-21T12:00:00.000Z", level: "warn", area: "state", text: "it was damaged" },
    { at: "2026-11-21T12:00:00.000Z", level: "error", area: "state", text: "it broke" },
  ]);
});

it("forgets the oldest of more than fifty", () => {
  const notices = createNotices(createRedactor());
  for (let number = 1; number <= 53; number += 1) notices.hear(notice("warn", `number ${number}`));
  const texts = notices.list().map(({ text }) => text);
  expect(texts).toHaveLength(50);
  expect([texts[0], texts.at(-1)]).toEqual(["number 4", "number 53"]);
});

it("masks secrets, also one that became known later", () => {
  const redactor = createRedactor();
  const notices = createNotices(redactor);
  redactor.register("early-secret-0123456789");
  notices.hear(notice("warn", "early-secret-0123456789 and late-secret-0123456789"));
  redactor.register("late-secret-0123456789");
  expect(JSON.stringify(notices.list())).not.toMatch(/early-secret|late-secret/);
});

it("leaves no half of a secret where a text is cut", () => {
  const redactor = createRedactor();
  const notices = createNotices(redactor);
  redactor.register("a-secret-0123456789");
  notices.hear(notice("error", `${"x".repeat(1_995)}a-secret-0123456789${"y".repeat(5_000)}`));
  const text = notices.list()[0]?.text ?? "";
  expect(text).toHaveLength(2_001);
  expect(text).not.toContain("a-sec");
});
