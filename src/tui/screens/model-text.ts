/** What the columns and panels say of models and providers. */
import { count, duration } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import { fact, heading, paragraph } from "./facts.ts";
import type { AccountFigures, CatalogRow, ModelRow, ProviderRow } from "./model-row.ts";
import { countdown, spanOf } from "./time-left.ts";

export function catalogState(row: CatalogRow, now: number): Span {
  return row.type === "model" ? modelState(row, now) : providerState(row, now);
}

function modelState({ usable, accounts }: ModelRow, now: number): Span {
  const rests = restState(accounts, now);
  if (usable) return rests ?? { text: "+ ok", style: "ok" };
  return accounts.bad > 0 ? { text: "! login", style: "error" } : (rests ?? absentState(accounts));
}

function providerState({ enabled, wantsAccount, accounts }: ProviderRow, now: number): Span {
  if (!enabled) return { text: "o off", style: "dim" };
  const { ok, cooling, bad } = accounts;
  if (wantsAccount && ok + cooling === 0) return bad > 0 ? { text: "! login", style: "error" } : absentState(accounts);
  return restState(accounts, now) ?? { text: "+ on", style: "ok" };
}

function absentState({ total }: AccountFigures): Span {
  return { text: total === 0 ? "o no account" : "o account off", style: "dim" };
}

/** Every account that could serve rests now. */
function restState({ ok, cooling, backAt }: AccountFigures, now: number): Span | null {
  if (ok > 0 || cooling === 0) return null;
  if (backAt === null) return { text: "* cools", style: "warn" };
  const left = backAt - now;
  return { text: `* cool ${left < 60_000 ? countdown(backAt, now) : spanOf(left)}`, style: "warn" };
}

export function accountsText({ ok, total }: AccountFigures): string {
  return total === 0 ? "-" : ok === total ? String(ok) : `${ok} of ${total}`;
}

export function yes(can: boolean): Span {
  return can ? { text: "y" } : { text: "n", style: "dim" };
}

/** `200k`, `1M`: windows are round figures. */
export function windowText(context: number | null): string {
  if (context === null || context === 0) return "?";
  return count(context).replace(/\.0(?=[kM])/, "");
}

export function hourText({ hour }: ProviderRow): string {
  if (hour === null || hour.calls === 0) return "-";
  return `${hour.calls}/${hour.failures}`;
}

export function inspectCatalog(row: CatalogRow, now: number): readonly Spans[] {
  const state = catalogState(row, now);
  if (row.type === "provider") {
    return [
      [{ text: ` ${row.id}  `, style: "strong" }, state, { text: `  ${row.endpoint}`, style: "dim" }],
      [{ text: `     ${row.about === "" ? row.dialect : row.about}`, style: "dim" }],
    ];
  }
  return [
    [{ text: ` ${row.name}  `, style: "strong" }, state, { text: `  sent as ${row.provider}/${row.model}` }],
    [
      {
        text: `     ${row.kind}, known from ${sourceText(row)}; accounts that serve it: ${accountsText(row.accounts)}`,
        style: "dim",
      },
    ],
  ];
}

export function describeCatalog(row: CatalogRow, now: number, width: number): readonly Spans[] {
  return row.type === "model" ? describeModel(row, now, width) : describeProvider(row, now, width);
}

function describeModel(row: ModelRow, now: number, width: number): readonly Spans[] {
  const { accounts, can } = row;
  const line = (name: string, text: string): readonly Spans[] => fact(name, [{ text }], width);
  return [
    [],
    ...fact("state", [catalogState(row, now)], width),
    ...line("ask for", row.name),
    ...line("sent as", `${row.provider}/${row.model}`),
    ...line("kind", row.kind),
    ...line("known from", sourceText(row)),
    ...line("takes", row.context === null ? "how many tokens is not known" : `${count(row.context)} tokens`),
    ...line("can", canText(can)),
    ...line("accounts", figuresText(accounts)),
    ...heading("Try it"),
    ...paragraph(
      "t says where a call for it would go now, without sending one. A real call spends a few tokens:",
      width,
    ),
    ...paragraph(testCommand(row.name), width, "strong"),
  ];
}

function describeProvider(row: ProviderRow, now: number, width: number): readonly Spans[] {
  const { hour } = row;
  const line = (name: string, text: string): readonly Spans[] => fact(name, [{ text }], width);
  return [
    [],
    ...fact("state", [catalogState(row, now)], width),
    ...(row.about === "" ? [] : line("about", row.about)),
    ...line("endpoint", row.endpoint),
    ...line("type", `${row.dialect}, ${row.kind}`),
    ...line("credential", row.wantsAccount ? row.auth : "none is wanted"),
    ...line("accounts", figuresText(row.accounts)),
    ...line("priority", row.priority === null ? "?" : `${row.priority} (lower goes first)`),
    ...line("can", canText(row.can)),
    ...line(
      "last hour",
      hour === null
        ? "no call"
        : `${hour.calls} calls, ${hour.failures} failed, first byte after ${duration(hour.ttfbMs)} for half of them`,
    ),
    ...heading(`Models known without asking it: ${row.models.length}`),
    ...(row.models.length === 0 ? [] : paragraph(row.models.join(", "), width)),
  ];
}

export function testCommand(name: string): string {
  return `switchyard models test ${/^[\w./:@-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`}`;
}

function sourceText({ source, isNamedByHand }: ModelRow): string {
  const from = new Map([
    ["built-in", "the built-in table"],
    ["config", "config.yaml"],
    ["custom", "config.yaml"],
    ["provider", "the provider's own list"],
  ]);
  return `${from.get(source) ?? source}${isNamedByHand ? " (d takes it out)" : ""}`;
}

function canText({ streaming, tools, vision }: CatalogRow["can"]): string {
  const can = [streaming ? "streaming" : null, tools ? "tools" : null, vision ? "images" : null];
  return can.filter((each) => each !== null).join(", ") || "nothing of that is known";
}

function figuresText({ total, ok, cooling, bad }: AccountFigures): string {
  if (total === 0) return "none; 2 shows the accounts, where a adds one and l logs in";
  return `${ok} ok / ${cooling} cooling / ${bad} bad, of ${total}`;
}
