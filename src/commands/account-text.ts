/** Accounts and their quotas as lines for people. Words only: every state reads without colour. */
import type { AccountJson, CooldownJson, QuotaJson } from "../base/controls-engine.ts";
import { countText } from "../base/figure-text.ts";
import { columnLines, percentText, spanText, untilText } from "./columns.ts";
import { shown } from "./context.ts";

/** Of a provider's message in a table. */
const maxReason = 100;

/** @param view.live false: calls and health are not known */
export function accountTable(
  accounts: readonly AccountJson[],
  { now, live }: { readonly now: number; readonly live: boolean },
): readonly string[] {
  return columnLines(
    ["ACCOUNT", "LOGIN", "STATE", "PRIORITY", "CALLS", "FAILED", "HEALTH", "WHO", "NOTE"],
    accounts.map((account) => [
      shown(account.id),
      loginText(account),
      account.state,
      String(account.priority),
      live ? countText(account.calls) : "-",
      live ? countText(account.failures) : "-",
      live ? percentText(account.health) : "-",
      whoText(account),
      noteText(account, now),
    ]),
    new Set(["PRIORITY", "CALLS", "FAILED", "HEALTH"]),
  );
}

/** State and what there is to say, in one line. */
export function accountLine(account: AccountJson, now: number): string {
  return [loginText(account), account.state, whoText(account), noteText(account, now)]
    .filter((part) => part !== "" && part !== "-")
    .join("   ");
}

function loginText({ source, client, from, enabled }: AccountJson): string {
  // Of an account that is switched off the file's key is not even read.
  const none = enabled ? "not needed" : "not read";
  const what = source === "client" ? `${shown(client)}'s login` : source === "none" ? none : source;
  return from === "config" ? `${what} (config.yaml)` : what;
}

function whoText({ credential: { who, plan } }: AccountJson): string {
  const parts = [who, plan].flatMap((part) => (part === null ? [] : [shown(part)]));
  return parts.length === 0 ? "-" : parts.join(", ");
}

/** What keeps it from serving comes first. */
function noteText({ credential, cooldowns, quota, lastError, state }: AccountJson, now: number): string {
  const notes: string[] = [];
  if (credential.fix !== null) notes.push(`${credential.state}: ${cut(credential.fix)}`);
  notes.push(...cooldowns.slice(0, 2).map(cooldownText));
  if (cooldowns.length > 2) notes.push(`${cooldowns.length - 2} more cooldowns`);
  const used = quota?.windows.find(({ exhausted }) => exhausted);
  if (used !== undefined) notes.push(`${shown(used.name)} used up, resets ${untilText(used.resetAt, now)}`);
  if (notes.length === 0 && credential.state === "will-refresh") notes.push("is renewed with its next call");
  if (notes.length === 0 && credential.expiresAt !== null) notes.push(`ends ${untilText(credential.expiresAt, now)}`);
  if (cooldowns.length === 0 && lastError !== null && state !== "disabled") notes.push(`last error ${cut(lastError)}`);
  return notes.join("; ");
}

function cooldownText({ model, remainingMs, kind, reason }: CooldownJson): string {
  const whose = model === null ? "" : `${shown(model)} `;
  const rest = remainingMs === null ? "stopped until you act" : `cools ${spanText(remainingMs)} more`;
  return `${whose}${rest} (${shown(kind)}: ${cut(reason)})`;
}

/** One row for each window, and one for what could not be read. */
export function quotaTable(quota: readonly QuotaJson[], now: number): readonly string[] {
  const rows = quota.flatMap((one) => {
    const head = [shown(one.account), shown(one.plan)];
    const trouble = one.error === null ? "" : `not read anew: ${cut(one.error)}`;
    const asOf = `${one.source === "headers" ? "from a reply's headers" : "as told"} ${agoText(one.readAt, now)}`;
    if (one.windows.length === 0) return [[...head, "-", "-", "-", "-", trouble === "" ? "tells nothing" : trouble]];
    return one.windows.map((window, place) => [
      ...head,
      window.model === null ? shown(window.name) : `${shown(window.name)} ${shown(window.model)}`,
      usedText(window),
      leftText(window),
      window.exhausted || window.resetAt !== null ? untilText(window.resetAt, now) : "-",
      [runsOutText(window, now), ...(place > 0 ? [] : [asOf, trouble])].filter((part) => part !== "").join("; "),
    ]);
  });
  return columnLines(["ACCOUNT", "PLAN", "WINDOW", "USED", "LEFT", "RESETS", "NOTE"], rows, new Set(["USED", "LEFT"]));
}

type Window = QuotaJson["windows"][number];

function runsOutText({ runsOutAt }: Window, now: number): string {
  return runsOutAt === null ? "" : `runs out ${untilText(runsOutAt, now)} at this rate`;
}

function usedText({ usedPercent, unlimited, exhausted }: Window): string {
  if (unlimited) return "no limit";
  if (usedPercent !== null) return `${Math.round(usedPercent)} %`;
  return exhausted ? "all" : "-";
}

function leftText({ remaining, limit, unlimited }: Window): string {
  if (unlimited || remaining === null) return "-";
  return limit === null ? countText(remaining) : `${countText(remaining)} of ${countText(limit)}`;
}

function agoText(instant: string, now: number): string {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return "";
  return now - at < 1_000 ? "just now" : `${spanText(now - at)} ago`;
}

function cut(text: string): string {
  const line = shown(text);
  return line.length > maxReason ? `${line.slice(0, maxReason)}…` : line;
}
