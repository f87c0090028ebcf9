/** Accounts & cooldowns: who can serve now, who rests and for how long, and what each has left. */
import { cellWidth } from "../text/cells.ts";
import { type Effect, panelDialog } from "../state/effect.ts";
import type { Column, Table } from "../table/table.ts";
import { accountActions } from "./account-actions.ts";
import { describeAccount, inspectAccount } from "./account-detail.ts";
import { type AccountRow, readAccounts } from "./account-row.ts";
import { quotaSpan, stateSpan, summarySpans, tightest, tokenSpan, urgencyOf } from "./account-text.ts";

const columns: readonly Column<AccountRow>[] = [
  { id: "account", title: "account", width: 13, widest: 17, cell: ({ id }) => ({ text: id }) },
  { id: "provider", title: "provider", width: 11, leavesAt: 2, cell: ({ provider }) => ({ text: provider }) },
  { id: "plan", title: "plan", width: 7, leavesAt: 3, cell: (row) => ({ text: planText(row) }) },
  { id: "state", title: "state", width: 22, widest: 31, cell: stateSpan },
  { id: "quota", title: "quota (window)", width: 22, widest: 30, cell: quotaSpan },
  {
    id: "calls",
    title: "req/err",
    width: 9,
    leavesAt: 5,
    cell: ({ calls, failures }) => ({ text: `${calls}/${failures}`, style: failures > 0 ? "warn" : "plain" }),
  },
  { id: "token", title: "token", width: 10, leavesAt: 4, cell: tokenSpan },
  {
    id: "note",
    title: "note",
    width: 40,
    leavesAt: 1,
    grows: true,
    cell: ({ credential, lastError }) => ({
      text: (credential.fix ?? lastError ?? "").replaceAll("\n", " "),
      style: "dim",
    }),
  },
];

export const accounts: Table<AccountRow> = {
  id: "accounts",
  title: "Accounts",
  short: "Acct",
  variants: [""],
  loads: () => ["/accounts", "/rate-limits", "/sessions"],
  everyMs: 2_000,
  read: readAccounts,
  columns: () => columns,
  sorts: [
    { title: "urgency", compare: (one, other) => urgencyOf(one) - urgencyOf(other) },
    { title: "name", compare: (one, other) => (one.id < other.id ? -1 : 1) },
    { title: "calls", compare: (one, other) => other.calls - one.calls },
    { title: "quota used", compare: (one, other) => usedOf(other) - usedOf(one) },
  ],
  search: ({ id, state, credential, client }) =>
    [id, state, credential.plan, credential.who, client].filter((part) => part !== null).join(" "),
  summary: summarySpans,
  inspectorHeight: (rows) => (rows >= 30 ? 4 : 2),
  inspect: (row, _width, now) => inspectAccount(row, now),
  open: accountPanel,
  empty: () => [
    [],
    [{ text: "   No account yet.", style: "strong" }],
    [],
    [{ text: "   a  adds an API key: it goes into the private store and is never shown again" }],
    [{ text: "   l  logs in to a provider, with a code or in the browser" }],
    [{ text: "   i  uses the login of a program that is on this machine" }],
  ],
  actions: accountActions,
};

/** It follows the account while it is open. */
function accountPanel(row: AccountRow): Effect {
  return panelDialog({
    title: row.id,
    lines: (now, width) => describeAccount(row, now, width),
    watch: {
      path: "/accounts",
      everyMs: 2_000,
      next(answer) {
        const fresh = answer.ok ? readAccounts([answer.value]).find(({ id }) => id === row.id) : undefined;
        return fresh === undefined ? null : accountPanel({ ...fresh, limits: row.limits, sessions: row.sessions });
      },
    },
  });
}

function planText({ credential, quota, source }: AccountRow): string {
  const plan = credential.plan ?? quota?.plan ?? (source === "key" ? "key" : "-");
  return cellWidth(plan) === 0 ? "-" : plan;
}

function usedOf({ quota }: AccountRow): number {
  const window = tightest(quota?.windows ?? []);
  return window === null ? -1 : window.exhausted ? 100 : (window.usedPercent ?? -1);
}
