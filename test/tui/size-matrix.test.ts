/**
 * Every screen in every state at every size: as many lines as the terminal has, none wider than it, and nothing left
 * over from the screen before. The terminal emulator is the judge, and a fresh one that is painted at once agrees.
 */
import { afterEach, describe, expect, it } from "vitest";
import { chooseDialog, confirmDialog, lineDialog, textDialog, type Effect } from "../../src/tui/state/effect.ts";
import { dialogRow, dialogRows } from "../../src/tui/view/dialog-view.ts";
import { initialUi } from "../../src/tui/state/ui.ts";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { renderRow } from "../../src/tui/text/row.ts";
import { createTheme } from "../../src/tui/text/theme.ts";
import { sampleAnswers, strange } from "./sample-answers.ts";
import { startAt, startHarness, status, type Harness, type HarnessOptions } from "./harness.ts";
import { rerouted, variedFlows } from "./sample-flows.ts";

const open: Harness[] = [];

const sizes = [
  [60, 15],
  [60, 16],
  [80, 24],
  [100, 30],
  [120, 40],
  [200, 60],
  [240, 60],
] as const;

/** Strange text in every field that has any. */
const oddFlow = rerouted("odd", {
  startedAt: startAt - 500,
  client: strange,
  host: `api.${strange}.example`,
  method: strange,
  path: `/v1/${strange.repeat(6)}`,
  protocol: strange,
  model: { asked: strange.repeat(3), served: strange.repeat(2) },
  provider: strange,
  account: strange,
  combo: strange,
  error: `${strange}\n${strange.repeat(20)}`,
  losses: [strange, strange],
  why: [
    { stage: strange, text: strange.repeat(9) },
    { stage: "fallback", text: strange.repeat(9) },
  ],
});

const flows = [...variedFlows(60, startAt - 5_000), oddFlow];

const events: readonly unknown[] = [
  { type: "notice", level: "warn", area: strange, text: strange.repeat(8), at: startAt },
  { type: "out-of-scope", host: `llm.${strange}`, fix: strange, at: startAt },
  {
    type: "certificate-refused",
    host: strange,
    cause: "alert",
    message: strange.repeat(4),
    fix: strange.repeat(5),
    at: startAt,
  },
];

function start(options: Partial<HarnessOptions>, known: readonly unknown[] = flows, told = events): Harness {
  const harness = startHarness({ columns: 120, rows: 40, flow: () => oddFlow, ...options });
  open.push(harness);
  harness.emit({ type: "hello", status, flows: known });
  for (const event of told) harness.emit({ type: "core", event });
  return harness;
}

/** What is wrong with what is on screen now, in words; `where` says how it was come by. */
async function faults(harness: Harness, columns: number, rows: number, where: string): Promise<readonly string[]> {
  const lines = await harness.screen();
  const anew = await harness.repainted();
  const left = lines.findIndex((line, row) => line !== anew[row]);
  const small = rows < 16 && lines[0] !== `need 60x16, have ${columns}x${rows}`;
  return [
    lines.length === rows ? "" : `${lines.length} lines`,
    lines.some((line) => line.trim() !== "") ? "" : "nothing on screen",
    small ? "does not say that it is too small" : "",
    left === -1 ? "" : `left over: ${lines[left]}`,
    ...lines.map((line) => (cellWidth(line) <= columns ? "" : `too wide: ${line}`)),
  ]
    .filter(Boolean)
    .map((fault) => `${where}: ${fault}`);
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

const digits = ["1", "2", "3", "4", "5", "6", "7", "8"] as const;

describe.each(sizes)("at %ix%i", (columns, rows) => {
  const plain = sampleAnswers(startAt);
  const odd = sampleAnswers(startAt, (text) => `${text} ${strange}`);

  it.each([
    ["with rows", plain.answer, flows, ["?", "?", "G"]],
    ["with strange text", odd.answer, [oddFlow], ["j"]],
    ["without rows", () => ({}), [], []],
    ["with a refusal", () => new Error(`not now ${strange.repeat(9)}`), [], []],
    ["with nonsense", () => [null, { rows: [[]] }], [null, { id: "x" }], []],
  ] as const)("fits every screen %s, one after the other", async (what, answer, known, keys) => {
    const found: string[] = [];
    const harness = start({ columns, rows, answer }, known, known.length > 10 ? [] : events);
    for (const digit of digits) {
      harness.press(digit);
      // The screen asks; what is answered is painted by the next look at it.
      await harness.screen();
      found.push(...(await faults(harness, columns, rows, `${what}: ${digit}`)));
      for (const key of keys) {
        harness.press(key);
        found.push(...(await faults(harness, columns, rows, `${what}: ${digit} ${key}`)));
      }
    }
    expect(found).toEqual([]);
  });

  it("fits the tabs of a call", async () => {
    const found: string[] = [];
    const harness = start({ columns, rows, answer: plain.answer }, [oddFlow], []);
    for (const key of ["\r", "2", "3", "4", "5", "6", "w", "1", "?", "?", "q"]) {
      harness.press(key);
      found.push(...(await faults(harness, columns, rows, `detail ${JSON.stringify(key)}`)));
    }
    expect(found).toEqual([]);
  });

  it("fits with a lost core, a bad configuration and an open line to type in", async () => {
    const found: string[] = [];
    const harness = start({ columns, rows, answer: odd.answer });
    const config = { path: `/h/${strange}`, exists: true, error: strange.repeat(9), warnings: [strange], routes: 1 };
    harness.emit({ type: "status", status: { ...status, config } });
    harness.emit({ type: "lost", why: strange.repeat(5), retryInMs: 4_000 });
    for (const key of [...digits, `/${strange}`, "\u001b", "1", `/${strange}`, "\u001b"]) {
      harness.press(key);
      found.push(...(await faults(harness, columns, rows, `lost ${key}`)));
    }
    expect(found).toEqual([]);
  });

  it("fits each kind of dialog", () => {
    const theme = createTheme({ color: true, ascii: false });
    const nothing: Effect = { type: "hint", text: "" };
    const long = strange.repeat(20);
    const choices = Array.from({ length: 30 }, () => ({ label: long, detail: long, effect: nothing }));
    for (const effect of [
      confirmDialog(long, nothing),
      chooseDialog(long, choices),
      lineDialog(long, () => null, { text: long }),
      lineDialog(long, () => null, { text: long, secret: true, check: () => long }),
      textDialog(
        long,
        choices.map(() => [{ text: long }]),
        long,
      ),
    ]) {
      if (effect.type !== "dialog") continue;
      const { dialog } = effect;
      const spans = [dialogRow(dialog, columns)];
      if (dialog.type === "choose" || dialog.type === "text") spans.push(...dialogRows(dialog, rows - 4, 0, columns));
      expect(spans.length).toBeLessThanOrEqual(rows);
      // oxlint-disable-next-line no-control-regex -- the looks take no cells
      const widths = spans.map((row) => cellWidth(renderRow(row, columns, theme).replaceAll(/\u001b\[[0-9;]*m/g, "")));
      expect(new Set(widths)).toEqual(new Set([columns]));
    }
  });

  it("fits the dialogs of Logs and Capture", async () => {
    const found: string[] = [];
    const harness = start({ columns, rows }, variedFlows(6, startAt), []);
    for (const key of ["7", "\r", "\u001b", "8", "\r", "\u001b", "/github\r", "w", "\u001b", "v", "v", "v"]) {
      harness.press(key);
      found.push(...(await faults(harness, columns, rows, `dialog ${JSON.stringify(key)}`)));
    }
    expect(found).toEqual([]);
  });
});

describe("without colour", () => {
  it.each([false, true])("no mark is lost on any screen (ASCII: %s)", async (ascii) => {
    const harness = start({ color: false, ascii, answer: sampleAnswers(startAt).answer }, variedFlows(60, startAt), [
      { type: "notice", level: "error", area: "state", text: "broken", at: startAt },
      { type: "out-of-scope", host: "llm.example", fix: "switchyard ca rotate", at: startAt },
      { type: "certificate-refused", host: "q.example", cause: "alert", message: "no", fix: "yes", at: startAt },
    ]);
    const textOf = async (keys: string): Promise<string> => {
      harness.press(keys);
      await harness.screen();
      return (await harness.screen()).join("\n");
    };
    const traffic = await textOf("1");
    expect(traffic).toMatch(/\n>\d\d:\d\d:\d\d/);
    for (const mark of ["! a client refused", "529>2", "stream", "cut!", "dns!", "tls!", "s~", "[1 Traffic]"])
      expect(traffic).toContain(mark);
    const logs = await textOf("\u001b7");
    for (const mark of ["! error", "* warn", "[7 Logs]"]) expect(logs).toContain(mark);
    const capture = await textOf("8");
    for (const mark of ["! refused", "+ decrypted", "o tunnelled", "[8 Capture]"]) expect(capture).toContain(mark);
    for (const [index, title] of ["Accounts", "Models", "Routes", "Sessions", "Usage"].entries()) {
      expect(await textOf(String(index + 2))).toContain(`[${index + 2} ${title}]`);
    }
    harness.emit({ type: "lost", why: "gone", retryInMs: 1_000 });
    expect(await textOf("2")).toContain("! Lost the core");
    const bytes = harness.written.join("");
    // oxlint-disable-next-line no-control-regex -- colour sequences are what must not be there
    expect(bytes).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7])m/);
    // oxlint-disable-next-line no-control-regex -- escapes and printable ASCII are what may be there
    if (ascii) expect(bytes).toMatch(/^[\u001b\x20-\x7e\n]*$/);
  });
});

it("knows every screen", () => {
  expect(Object.keys(initialUi.tables)).toHaveLength(digits.length - 1);
});
