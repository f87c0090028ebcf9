/** The chain of a target as rows: each member with its accounts, how they are now, and what it answered so far. */
import { cellWidth, ellipsize, fit } from "../text/cells.ts";
import type { Span, Spans } from "../text/row.ts";
import { percent, shareBar } from "../text/share-bar.ts";
import { countdown } from "../text/times.ts";
import { ends } from "../view/header.ts";
import type { Chain, Link } from "./routes-chain.ts";
import type { Account } from "./routes-world.ts";

/** What the core goes on for; a wrong request it does not, and nothing once the first byte is out. */
const goesOnFor = "402 408 410 429 529 5xx, timeout, empty or broken answer";

/** Two rows for a small terminal: all members in one line. */
export function shortChain(chain: Chain, now: number): Spans {
  const note = chain.notes.length === 0 ? [] : [{ text: `${chain.notes.join(", ")}   `, style: "dim" as const }];
  if (chain.kind !== "targets") return [{ text: "   " }, ...note, { text: kindText(chain.kind) }];
  const spans: Span[] = [{ text: "   " }, ...note];
  for (const [index, link] of chain.links.entries()) {
    const best = link.accounts.map((account) => accountSpan(account, link.member.model, now)).toSorted(byMark)[0];
    spans.push({ text: `${index + 1} ${link.member.text} ` }, best ?? noAccount(link), { text: "   " });
  }
  return spans;
}

export function chainRows(chain: Chain, width: number, now: number): Spans[] {
  const rows: Spans[] = chain.notes.map((note): Spans => [{ text: ` ${note}` }]);
  if (chain.kind !== "targets") return [...rows, [{ text: ` ${kindText(chain.kind)}` }]];
  if (chain.combo !== null) {
    rows.push([
      { text: ` combo/${chain.combo.name}`, style: "strong" },
      { text: "   first to last   ", style: "plain" },
      { text: `next one on ${goesOnFor}`, style: "dim" },
    ]);
    if (chain.combo.warning !== null) rows.push([{ text: `   ! ${chain.combo.warning}`, style: "warn" }]);
  }
  const nameWidth = Math.min(
    Math.max(12, Math.floor(width * 0.36)),
    Math.max(0, ...chain.links.map(({ member }) => cellWidth(member.text))),
  );
  for (const [index, link] of chain.links.entries()) rows.push(linkRow(link, index + 1, { nameWidth, width, now }));
  return rows;
}

/** All of it, each account in a row of its own. */
export function fullChainRows(chain: Chain, now: number): readonly Spans[] {
  const rows: Spans[] = chain.notes.map((note): Spans => [{ text: `   ${note}` }]);
  if (chain.kind !== "targets") return [...rows, [{ text: `   ${kindText(chain.kind)}` }]];
  if (chain.combo !== null) {
    rows.push(
      [{ text: `   combo/${chain.combo.name}, tried from first to last`, style: "strong" }],
      [{ text: `   the next one on: ${goesOnFor}`, style: "dim" }],
    );
    if (chain.combo.warning !== null) rows.push([{ text: `   ! ${chain.combo.warning}`, style: "warn" }]);
  }
  for (const [index, link] of chain.links.entries()) {
    const { member } = link;
    const meant = `${member.provider ?? "?"}/${member.model ?? "?"}`;
    rows.push([
      { text: `   [${index + 1}] ${member.text}` },
      { text: meant === member.text || member.provider === null ? "" : `  = ${meant}`, style: "dim" },
      { text: link.share === null ? "" : `   answered ${percent(link.share)}`, style: "dim" },
    ]);
    if (!member.usable) rows.push([{ text: `       ! ${member.reason ?? "it cannot serve now"}`, style: "error" }]);
    for (const account of link.accounts) {
      rows.push([{ text: `       ${fit(account.id, 24)} ` }, stateSpan(account, member.model, now)]);
    }
    if (link.accounts.length === 0 && member.usable) rows.push([{ text: "       " }, noAccount(link)]);
  }
  return rows;
}

/** Cells of `73%  ##############------` at the right. */
const shareWidth = { narrow: 5, wide: 27 } as const;
const wideFrom = 110;

function linkRow(
  link: Link,
  place: number,
  { nameWidth, width, now }: { readonly nameWidth: number; readonly width: number; readonly now: number },
): Spans {
  const { member } = link;
  const left: Span[] = [
    { text: `   [${place}] ` },
    { text: `${fit(member.text, nameWidth)}  `, style: member.usable ? "plain" : "dim" },
  ];
  if (!member.usable && link.accounts.length === 0) {
    left.push({ text: `! ${member.reason ?? "it cannot serve now"}`, style: "error" });
  } else if (link.accounts.length === 0) left.push(noAccount(link));
  for (const [index, account] of link.accounts.entries()) {
    if (index > 0) left.push({ text: " │ ", style: "dim" });
    left.push(accountSpan(account, member.model, now));
  }
  if (link.share === null) return left;
  const wide = width >= wideFrom;
  const bar = wide ? `  ${shareBar(link.share, 20)}` : "";
  const right = { text: fit(`${percent(link.share).padStart(4)}${bar}`, wide ? shareWidth.wide : shareWidth.narrow) };
  return ends(left, [{ ...right, style: "live" }], width);
}

function noAccount({ member }: Link): Span {
  if (!member.usable) return { text: `! ${member.reason ?? "not usable"}`, style: "error" };
  if (member.provider === null) return { text: "whoever serves it; D says who", style: "dim" };
  return { text: "no account of its own", style: "dim" };
}

/** `+ work ready`: the mark first, so that it reads without colour. */
function accountSpan(account: Account, model: string | null, now: number): Span {
  const state = stateSpan(account, model, now);
  const [mark = "", ...words] = state.text.split(" ");
  return { ...state, text: `${mark} ${ellipsize(account.name, 20)} ${words.join(" ")}` };
}

/** For this model: another one's cooldown is no trouble here. */
export function stateSpan(account: Account, model: string | null, now: number): Span {
  if (!account.enabled || account.state === "disabled") return { text: "o disabled", style: "dim" };
  if (account.state === "needs-login") return { text: "! LOGIN", style: "error" };
  const resting = account.cooldowns
    .filter((one) => (one.model === null || one.model === model) && (one.until === null || one.until > now))
    .toSorted((one, other) => (other.until ?? Infinity) - (one.until ?? Infinity))[0];
  if (resting !== undefined) {
    if (resting.until === null) return { text: `! stopped until you act ${resting.kind}`.trimEnd(), style: "error" };
    return { text: `* COOLING ${countdown(resting.until - now)} ${resting.kind}`.trimEnd(), style: "warn" };
  }
  if (account.state === "stopped") return { text: "! stopped", style: "error" };
  if (account.state === "limited") return { text: "* at its limits", style: "warn" };
  // One whose cooldowns are all of other models, or just over, serves this one.
  if (account.state === "cooling" && account.cooldowns.length === 0) return { text: "* cooling", style: "warn" };
  if (account.state === "probing") return { text: "~ probing", style: "live" };
  if (account.state !== "active" && account.state !== "cooling") return { text: `! ${account.state}`, style: "error" };
  if (account.inFlight > 0) return { text: `~ busy ${account.inFlight}`, style: "live" };
  return { text: "+ ready", style: "ok" };
}

const marks = "+~*!o";

function byMark(one: Span, other: Span): number {
  return marks.indexOf(one.text[0] ?? "") - marks.indexOf(other.text[0] ?? "");
}

function kindText(kind: "passthrough" | "block"): string {
  return kind === "block"
    ? "refused here; nothing is sent"
    : "to the host that was called, untouched, with the client's own credential";
}
