/** What the columns say of an account: its state with a mark, the tightest window of its quota, its token. */
import { cellWidth } from "../text/cells.ts";
import { count } from "../text/format.ts";
import type { Span } from "../text/row.ts";
import type { Style } from "../text/theme.ts";
import type { AccountRow, AccountState, Cooling, QuotaWindow } from "./account-row.ts";
import { countdown, spanOf } from "./time-left.ts";

/** How an account counts in the line of figures. */
export type Standing = "ok" | "cooling" | "bad" | "off";

const standings = {
  active: "ok",
  probing: "ok",
  cooling: "cooling",
  limited: "cooling",
  stopped: "bad",
  "needs-login": "bad",
  unknown: "bad",
  disabled: "off",
} as const satisfies Record<AccountState, Standing>;

export function standingOf(row: AccountRow): Standing {
  return standings[stateOf(row)];
}

const unusable: ReadonlySet<string> = new Set(["missing", "unreadable", "needs-login"]);

/** The core finds out with the next call that a credential is gone; who looks at the account should see it before. */
function stateOf({ state, credential }: AccountRow): AccountState {
  return state === "active" && unusable.has(credential.state) ? "needs-login" : state;
}

/** Most urgent first: what its owner must do, what time heals, what works, what is off. */
const urgencies = {
  "needs-login": 0,
  stopped: 1,
  unknown: 2,
  cooling: 3,
  limited: 4,
  probing: 5,
  active: 6,
  disabled: 7,
} as const satisfies Record<AccountState, number>;

export function urgencyOf(row: AccountRow): number {
  const state = stateOf(row);
  const { cooldowns } = row;
  // One that works, but not for every model, comes before those that work.
  return urgencies[state] - (state === "active" && cooldowns.length > 0 ? 0.5 : 0);
}

/** The cooldown of the account as a whole, where it has one; else the one that ends last. */
export function coolingOf({ cooldowns }: AccountRow): Cooling | null {
  const whole = cooldowns.find(({ model }) => model === null);
  if (whole !== undefined) return whole;
  return cooldowns.toSorted((one, other) => (other.until ?? Infinity) - (one.until ?? Infinity))[0] ?? null;
}

export function stateSpan(row: AccountRow, now: number, width = Infinity): Span {
  const { credential, inFlight } = row;
  switch (stateOf(row)) {
    case "disabled":
      return { text: "o disabled", style: "dim" };
    case "needs-login":
      return {
        text: `! ${credential.state === "missing" ? "MISSING" : "LOGIN"} ${credential.fix ?? credential.state}`,
        style: "error",
      };
    case "stopped":
      return { text: `! STOPPED ${coolingOf(row)?.kind ?? "until you act"}`, style: "error" };
    case "cooling":
      return { text: coolingText(coolingOf(row), now, width), style: "warn" };
    case "limited":
      return { text: `* LIMITED by us${locksText(row, now)}`, style: "warn" };
    case "probing":
      return { text: `~ probing${locksText(row, now)}`, style: "live" };
    case "active":
      return inFlight > 0
        ? { text: `~ busy ${inFlight}${locksText(row, now)}`, style: "live" }
        : { text: `+ ready${locksText(row, now)}`, style: "ok" };
    case "unknown":
      return { text: "! state not known here", style: "error" };
  }
}

/** Without its last words where there is no room: how long it lasts is what everybody looks for. */
function coolingText(cooling: Cooling | null, now: number, width: number): string {
  if (cooling === null) return "* COOLING";
  const { until, kind, level } = cooling;
  const model = cooling.model === null ? "" : ` (${cooling.model})`;
  if (until === null) return `* COOLING until you act ${kind}${model}`;
  const left = countdown(until, now);
  const forms = [
    `* COOLING ${left} ${kind} step ${level + 1}${model}`,
    `* COOLING ${left} ${kind} ${level + 1}${model}`,
    `* ${left} ${kind} ${level + 1}${model}`,
  ];
  return forms.find((form) => cellWidth(form) <= width) ?? forms.at(-1) ?? "";
}

/** Models that rest while the account works: `(gemini-3-pro 04:31)`. */
function locksText({ cooldowns }: AccountRow, now: number): string {
  const [first, ...more] = cooldowns.filter(({ model }) => model !== null);
  if (first === undefined) return "";
  const rest = more.length === 0 ? "" : ` +${more.length}`;
  return ` (${first.model ?? ""} ${first.until === null ? "stopped" : countdown(first.until, now)}${rest})`;
}

/** The window that will stop it first. */
export function tightest(windows: readonly QuotaWindow[]): QuotaWindow | null {
  return windows.toSorted((one, other) => pressure(other) - pressure(one))[0] ?? null;
}

function pressure({ unlimited, exhausted, usedPercent }: QuotaWindow): number {
  if (exhausted) return 1_000;
  return unlimited ? -1 : (usedPercent ?? -0.5);
}

const barCells = 10;

/** What is used of it, as much as fits: `5h ██████░░░░  61%  rst 1h12`. */
export function quotaSpan({ quota, enabled }: AccountRow, now: number, width: number): Span {
  if (quota === null) return { text: enabled ? "?" : "-", style: "dim" };
  const window = tightest(quota.windows);
  if (window === null) return { text: quota.error === null ? "tells nothing" : "? not read", style: "dim" };
  const name = shortName(window.name);
  if (window.unlimited) return { text: `${name} no limit`, style: "dim" };
  const used = window.exhausted ? 100 : window.usedPercent;
  const share = used === null ? leftText(window) : `${Math.round(used)}%`;
  const rest = window.resetAt === null ? "" : window.resetAt <= now ? "now" : spanOf(window.resetAt - now);
  const reset = rest === "" ? "" : `  rst ${rest}`;
  const drawn = used === null ? "" : ` ${bar(used)}`;
  const forms = [
    `${name}${drawn} ${share.padStart(4)}${reset}`,
    `${name}${drawn} ${share} ${rest}`,
    `${name} ${share} ${rest}`,
  ];
  const text = forms.find((form) => cellWidth(form) <= width) ?? forms.at(-1) ?? "";
  return { text, style: window.exhausted ? "error" : (used ?? 0) >= nearlyUsed ? "warn" : "plain" };
}

const nearlyUsed = 85;

export function bar(percent: number): string {
  const full = Math.max(0, Math.min(barCells, Math.round(percent / barCells)));
  return "█".repeat(full) + "░".repeat(barCells - full);
}

export function leftText({ remaining, limit }: QuotaWindow): string {
  if (remaining === null) return "?";
  return limit === null ? `${count(remaining)} left` : `${count(remaining)} of ${count(limit)} left`;
}

/** `requests-per-day` would leave no room for the bar. */
function shortName(name: string): string {
  return name.length <= 3 ? name.padEnd(2) : name.slice(0, 3);
}

/** What can be shown of its credential, and how long that is good for. */
export function tokenSpan({ credential, source }: AccountRow, now: number): Span {
  const { state, expiresAt } = credential;
  const rest = expiresAt === null ? null : expiresAt - now;
  switch (state) {
    case "ok":
      if (rest !== null) return rest <= 0 ? { text: "over", style: "warn" } : { text: `ok ${spanOf(rest)}` };
      return { text: source === "key" ? "key" : source === "none" ? "-" : "ok" };
    case "will-refresh":
      return { text: "renews", style: "live" };
    case "needs-login":
      return { text: "expired", style: "error" };
    case "missing":
    case "unreadable":
      return { text: state === "missing" ? "missing" : "no read", style: "error" };
    case "unknown":
      return { text: "?", style: "dim" };
  }
}

export function summarySpans(rows: readonly AccountRow[], now: number): readonly Span[] {
  const of = (standing: Standing): readonly AccountRow[] => rows.filter((row) => standingOf(row) === standing);
  const [ok, cooling, bad, off] = [of("ok"), of("cooling"), of("bad"), of("off")];
  const figure = (amount: number, word: string, style: Style): Span => ({
    text: `${amount} ${word}`,
    style: amount === 0 ? "dim" : style,
  });
  const spans = [
    figure(ok.length, "ok", "ok"),
    { text: " / " },
    figure(cooling.length, "cooling", "warn"),
    { text: " / " },
    figure(bad.length, "bad", "error"),
  ];
  if (off.length > 0) spans.push({ text: " / " }, figure(off.length, "off", "dim"));
  // Nobody can be asked now: how long that lasts is what is wanted to know.
  const next = Math.min(...cooling.flatMap((row) => coolingOf(row)?.until ?? []));
  if (ok.length === 0 && Number.isFinite(next))
    spans.push({ text: `  next ready ${countdown(next, now)}`, style: "warn" });
  return spans;
}
