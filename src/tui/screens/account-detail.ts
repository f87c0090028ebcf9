/** All that is known of an account: two or more lines under the table, and the panel that enter opens. */
import { count, clockTime } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import type { AccountRow, Cooling, QuotaWindow } from "./account-row.ts";
import { bar, coolingOf, leftText, stateSpan, tightest, tokenSpan } from "./account-text.ts";
import { fact as factRows, heading as headingRows } from "./facts.ts";
import { agoOf, countdown, spanOf } from "./time-left.ts";

/** The most telling line first: a low terminal has room for two. */
export function inspectAccount(row: AccountRow, now: number): readonly Spans[] {
  const { credential, lastError, sessions } = row;
  const cooling = coolingOf(row);
  const first: Span[] = [{ text: ` ${row.id}  `, style: "strong" }];
  if (cooling !== null) first.push({ text: ladder(cooling, now), style: "warn" });
  else if (credential.fix !== null) first.push({ text: credential.fix, style: "error" });
  else first.push(stateSpan(row, now));
  const second: Span[] = [];
  if (cooling !== null && cooling.reason !== "") second.push({ text: `last error ${oneLine(cooling.reason)}` });
  else if (lastError !== null) second.push({ text: `last error ${oneLine(lastError)}` });
  else second.push({ text: sourceText(row), style: "dim" });
  const window = tightest(row.quota?.windows ?? []);
  const left = window === null ? "quota not known; u asks" : `${windowText(window)}${resetText(window, now)}`;
  const held = sessions.map(({ id, client }) => (client === null ? id : `${client} ${id}`)).join(", ");
  return [
    first,
    [{ text: "     " }, ...second],
    [
      { text: `     ${left}`, style: "dim" },
      { text: `   limits ${limitsText(row)}`, style: "dim" },
    ],
    [{ text: `     ${sourceText(row)}   ${held === "" ? "no session holds it" : `held by ${held}`}`, style: "dim" }],
  ];
}

export function describeAccount(row: AccountRow, now: number, width: number): readonly Spans[] {
  const { credential, quota, sessions, limits } = row;
  const out: Spans[] = [[]];
  const fact = (name: string, ...value: Span[]): void => {
    out.push(...factRows(name, value, width));
  };
  const heading = (text: string): void => void out.push(...headingRows(text));
  fact("state", stateSpan(row, now));
  fact("source", { text: sourceText(row) });
  fact("token", tokenSpan(row, now), { text: expiryText(row, now) });
  if (credential.who !== null) fact("who", { text: credential.who });
  const plan = credential.plan ?? quota?.plan ?? null;
  if (plan !== null) fact("plan", { text: plan });
  if (credential.fix !== null) fact("do", { text: credential.fix, style: "error" });
  fact("chosen by", { text: `priority ${row.priority ?? "?"} (lower goes first)   weight ${row.weight ?? "?"}` });
  if (row.prefix !== null) fact("prefix", { text: `${row.prefix}/MODEL asks for this account alone` });
  const health = row.health === null ? "" : `   health ${Math.round(row.health * 100)} %`;
  fact("calls", { text: `${row.calls}, of which ${row.failures} failed${health}   ${row.inFlight} under way` });
  if (row.lastUsedAt !== null) fact("last used", { text: agoOf(row.lastUsedAt, now) });
  if (row.lastError !== null) fact("last error", { text: oneLine(row.lastError), style: "error" });

  heading("Cooldowns");
  if (row.cooldowns.length === 0) fact("", { text: "none" });
  for (const cooling of row.cooldowns) {
    fact(cooling.model ?? "all models", { text: ladder(cooling, now), style: "warn" });
    if (cooling.reason !== "") fact("", { text: oneLine(cooling.reason), style: "dim" });
  }

  heading("Quota");
  if (quota === null) fact("", { text: "not known; u asks the provider where it tells", style: "dim" });
  for (const window of quota?.windows ?? []) {
    fact(
      window.name,
      { text: window.usedPercent === null ? "" : `${bar(window.usedPercent)} ` },
      { text: `${usedText(window)}${resetText(window, now)}` },
    );
  }
  if (quota !== null) {
    const told = quota.isFromHeaders ? "from a reply's headers" : "as the provider told";
    fact("", { text: quota.readAt === null ? told : `${told} ${agoOf(quota.readAt, now)}`, style: "dim" });
  }
  if (quota !== null && quota.error !== null) fact("", { text: `not read anew: ${quota.error}`, style: "warn" });

  heading("Limits of our own");
  fact("", { text: limits === null ? "not told" : limitsText(row) });

  heading("Sessions that hold it");
  if (sessions.length === 0) fact("", { text: "none" });
  for (const { id, client, model, lastAt } of sessions) {
    fact(client ?? "?", { text: `${id}   ${model}   ${lastAt === null ? "" : agoOf(lastAt, now)}` });
  }

  if (row.source === "login" || row.source === "client") {
    heading("Terms");
    fact("", {
      text: "A subscription: its calls may be against the terms of its provider. You said yes when it was added.",
    });
  }
  return out;
}

/** Where it is on the ladder of waits; how long its steps are stands in config.yaml, which is not told here. */
function ladder({ until, kind, level, resetAt }: Cooling, now: number): string {
  if (until === null) return `stopped by ${kind} until you have acted; c lets it try again`;
  const later = resetAt !== null && resetAt > until ? `; the provider says ${spanOf(resetAt - now)}` : "";
  return `cools for ${countdown(until, now)} after ${kind}, step ${level + 1}: each further failure waits twice as long${later}`;
}

export function sourceText({ source, client, isInFile }: AccountRow): string {
  const words = {
    key: "an API key",
    login: "a login of our own",
    client: `${client ?? "another program"}'s login, which it renews itself`,
    none: "no credential is wanted or read",
    unknown: "of a kind that is not known here",
  } as const;
  return `${words[source]}, ${isInFile ? "written in config.yaml" : "in the private store"}`;
}

function expiryText({ credential: { expiresAt, state } }: AccountRow, now: number): string {
  if (state === "will-refresh") return "   is renewed with its next call; R does it now";
  if (expiresAt === null) return "";
  return expiresAt <= now ? "   is over" : `   until ${clockTime(expiresAt)}, in ${spanOf(expiresAt - now)}`;
}

export function windowText(window: QuotaWindow): string {
  return `${window.name}${window.model === null ? "" : ` of ${window.model}`} ${usedText(window)}`;
}

function usedText(window: QuotaWindow): string {
  if (window.unlimited) return "no limit";
  const used = window.exhausted
    ? "used up"
    : window.usedPercent === null
      ? leftText(window)
      : `${Math.round(window.usedPercent)} % used`;
  const amount = window.usedPercent !== null && window.remaining !== null ? `, ${leftText(window)}` : "";
  return `${used}${amount}`;
}

function resetText({ resetAt, runsOutAt }: QuotaWindow, now: number): string {
  const end = runsOutAt === null || runsOutAt <= now ? "" : `, at this rate gone in ${spanOf(runsOutAt - now)}`;
  if (resetAt === null) return end;
  return `${end}, resets ${resetAt <= now ? "now" : `in ${spanOf(resetAt - now)}`}`;
}

function limitsText({ limits }: AccountRow): string {
  if (limits === null) return "not told";
  const bound = ({ used, most }: { readonly used: number; readonly most: number | null }, what: string): string[] =>
    most === null ? [] : [`${count(used)} of ${count(most)} ${what} a minute`];
  const all = [...bound(limits.requests, "calls"), ...bound(limits.tokens, "tokens")];
  if (limits.mostPerRequest !== null) all.push(`${count(limits.mostPerRequest)} tokens a call`);
  return all.length === 0 ? "none" : all.join(", ");
}

function oneLine(text: string): string {
  return text.replaceAll("\n", " ");
}
