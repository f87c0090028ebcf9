import { afterEach, describe, expect, it } from "vitest";
import { startHarness, status, type Harness } from "./harness.ts";
import { firstForeign, hostileFlow, hostileTexts } from "./hostile.ts";

const open: Harness[] = [];

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

/** Puts the text wherever something from outside can stand, looks at every screen, and collects what they show. */
async function walk(text: (field: string) => string, size = { columns: 200, rows: 60 }, color = true): Promise<Walked> {
  const flow = hostileFlow("hostile", text);
  const harness = startHarness({ ...size, color, flow: () => flow });
  open.push(harness);
  const shown: string[] = [];
  const look = async (): Promise<void> => void shown.push(...(await harness.screen()));
  const core = (event: Record<string, unknown>): void => harness.emit({ type: "core", event });
  harness.emit({
    type: "hello",
    status: {
      ...status,
      host: text("proxy host"),
      version: text("version"),
      ca: { path: text("CA path"), fingerprint: text("fingerprint"), expiresAt: text("expiry"), scope: [] },
      config: { path: text("config path"), exists: true, error: text("config error"), warnings: [], routes: 1 },
    },
    flows: [],
  });
  await look();
  core({ type: "notice", level: "warn", area: text("notice area"), text: text("notice text") });
  await look();
  core({ type: "out-of-scope", host: text("out of scope host"), fix: text("out of scope fix") });
  await look();
  core({ type: "config-rejected", message: text("rejected config") });
  await look();
  core({ type: "config-reloaded", path: text("reloaded path") });
  harness.emit({ type: "lost", why: text("why lost"), retryInMs: 10 });
  await look();
  core({
    type: "certificate-refused",
    host: text("refused host"),
    message: text("refusal message"),
    fix: text("refusal fix"),
    cause: text("refusal cause"),
  });
  await look();
  harness.press("\u001b\r");
  await look();
  harness.press("q");
  harness.emit({ type: "flow", flow });
  harness.press("gf");
  await look();
  harness.press(`/\u001b[200~${text("pasted filter")}\u001b[201~`);
  await look();
  harness.press("\u001b");
  harness.press("\r");
  for (const key of ["1", "2", "r", "3", "r", "4", "r", "5", "6", "w"]) {
    harness.press(key);
    await look();
  }
  harness.press(`/\u001b[200~${text("pasted search")}\u001b[201~\r`);
  await look();
  // The hint that the search found nothing would go with any key, a repaint included.
  harness.press("g");
  await look();
  return { harness, shown: shown.join("\n") };
}

interface Walked {
  readonly harness: Harness;
  readonly shown: string;
}

describe("hostile text", () => {
  it("is tried in every field that a screen shows: each of them does show", async () => {
    const tags = new Map<string, string>();
    const tag = (field: string): string => {
      const known = tags.get(field) ?? `q${tags.size}z`;
      tags.set(field, known);
      return known;
    };
    const { shown } = await walk(tag);
    const unseen = [...tags].filter(([field, word]) => !shown.includes(word) && !neverShown.includes(field));
    expect(unseen).toEqual([]);
    expect(tags.size).toBeGreaterThan(50);
  });

  const usual = { columns: 120, rows: 36 };

  it.each(Object.entries(hostileTexts))("never reaches the terminal: %s", async (_name, text) => {
    const { harness } = await walk(() => `A${text}B`, usual);
    const lines = await harness.screen();
    expect(await harness.repainted()).toEqual(lines);
    expect(firstForeign(harness.written.join(""))).toBeNull();
  });

  it.each([
    [{ columns: 60, rows: 16 }, true],
    [{ columns: 80, rows: 24 }, false],
  ])("never reaches the terminal: all of it at once, cut at %o (colour: %s)", async (size, color) => {
    const { harness } = await walk(() => Object.values(hostileTexts).join("x"), size, color);
    expect(firstForeign(harness.written.join(""))).toBeNull();
  });

  it("would be found if it did", () => {
    const missed = Object.entries(hostileTexts).filter(([, text]) => firstForeign(`A${text}B`) === null);
    expect(missed).toEqual([]);
    expect(
      firstForeign("\u001b[?2026h\u001b[12;1H\u001b[0;31mred \u001b[0m\u001b[Kok 日本 e\u0301 ✌\ufe0f\u001b[?2026l"),
    ).toBeNull();
  });
});

/** Read, but on no screen yet. */
const neverShown: readonly string[] = ["version", "fingerprint", "expiry", "refusal cause"];
