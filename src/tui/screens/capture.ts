/** Capture: which hosts are decrypted, which are not and why, and whose certificate check we failed. */
import { textDialog, type Effect } from "../state/effect.ts";
import { hostRows, type HostRow } from "../state/capture-hosts.ts";
import type { Table } from "../table/table.ts";
import { clientName, clockTime, count } from "../text/format.ts";
import type { Span } from "../text/row.ts";
import { authorityLines, commandFor, hostLines, treatments, watchCopy, watchLines } from "../view/capture-text.ts";

const everything = "all hosts";
const variants = [everything, "decrypted", "tunnelled", "trouble"] as const;

/** A dialog is wrapped when it is made: wide enough to read, and no wider than any terminal shows. */
const textWidth = 76;

export const capture: Table<HostRow> = {
  id: "capture",
  title: "Capture",
  short: "Cap",
  variants,
  loads: () => [],
  everyMs: 2_000,
  read: (_answers, variant, { book, status }) => hostRows(book, status).filter((row) => fits(row, variant)),
  columns: () => [
    { id: "host", title: "host", width: 26, widest: 28, cell: ({ host }): Span => ({ text: host }) },
    {
      id: "how",
      title: "now",
      width: 11,
      cell: ({ how }): Span => ({
        text: `${treatments[how].mark} ${treatments[how].word}`,
        style: treatments[how].style,
      }),
    },
    { id: "calls", title: "calls", width: 6, align: "right", cell: ({ calls }): Span => figure(calls) },
    {
      id: "tunnels",
      title: "tunnels",
      width: 7,
      align: "right",
      leavesAt: 4,
      cell: ({ tunnels }): Span => figure(tunnels),
    },
    {
      id: "refusals",
      title: "refused",
      width: 7,
      align: "right",
      leavesAt: 3,
      cell: ({ refusals }): Span => figure(refusals),
    },
    {
      id: "declined",
      title: "ws 426",
      width: 6,
      align: "right",
      leavesAt: 2,
      cell: ({ declined }): Span => figure(declined),
    },
    { id: "last", title: "last", width: 8, cell: ({ lastAt }): Span => ({ text: clockTime(lastAt) }) },
    {
      id: "clients",
      title: "clients",
      width: 12,
      leavesAt: 1,
      cell: ({ clients }): Span => ({ text: clients.map(clientName).join(" ") }),
    },
    {
      id: "why",
      title: "why",
      width: 20,
      leavesAt: 5,
      grows: true,
      cell: ({ how }): Span => ({ text: treatments[how].meaning, style: "dim" }),
    },
  ],
  sorts: [
    { title: "last", compare: null },
    { title: "host", compare: (one, other) => one.host.localeCompare(other.host) },
    { title: "calls", compare: (one, other) => other.calls + other.tunnels - one.calls - one.tunnels },
  ],
  search: ({ host, how, clients }) => `${host} ${treatments[how].word} ${treatments[how].meaning} ${clients.join(" ")}`,
  summary(_rows, _now, { status }) {
    if (status?.ca == null) return [];
    const { expiresAt, scope } = status.ca;
    return [
      {
        text: `CA until ${expiresAt.slice(0, 10)}  ${scope.length} ${scope.length === 1 ? "name" : "names"}`,
        style: "dim",
      },
    ];
  },
  inspectorHeight: () => 2,
  inspect(row) {
    const { mark, word, style, meaning } = treatments[row.how];
    const command = commandFor(row);
    return [
      [{ text: ` ${row.host}`, style: "strong" }, { text: `  ${mark} ${word}`, style }, { text: `  ${meaning}` }],
      command === null
        ? [{ text: row.declined === 0 ? "" : `     ${row.declined} WebSockets declined; the client goes on over HTTP` }]
        : [
            { text: row.how === "unwatched" ? "     w watches it: " : "     fix: ", style: "strong" },
            { text: command, style: "accent" },
          ],
    ];
  },
  open: (row, width, _now, { status }) =>
    textDialog(row.host, hostLines(row, Math.min(width, textWidth), status), copyOf(row) ?? undefined),
  empty: ({ status }, variant) =>
    variant === everything
      ? [
          [],
          [{ text: "   No client has connected yet.", style: "strong" }],
          [],
          [{ text: "   Each host that a client connects to stands here: whether its calls are" }],
          [{ text: "   decrypted, tunnelled and why, or refused by the client, and what changes it." }],
          [],
          [
            { text: "   switchyard run -- claude", style: "accent" },
            { text: "   starts one client behind the proxy", style: "dim" },
          ],
          [],
          ...authorityLines(status, textWidth - 2).map((spans) => [{ text: "  " }, ...spans]),
        ]
      : [
          [],
          [
            { text: `   No ${variant === "trouble" ? "trouble" : `${variant} host`} so far.`, style: "strong" },
            { text: "  v shows all hosts", style: "dim" },
          ],
        ],
  actions: [
    {
      name: "capture-filter",
      keys: ["f"],
      title: "its calls and tunnels in the traffic list",
      bar: "traffic",
      run: (row) => withRow(row, ({ host }) => ({ type: "filter", text: hostFilter(host), tunnels: true })),
    },
    {
      name: "capture-watch",
      keys: ["w"],
      title: "how to have it decrypted",
      bar: "watch",
      possible: ({ how }) => (how === "unwatched" ? true : notWatchable[how]),
      run: (row) =>
        withRow(row, ({ host }) =>
          textDialog(`Watch ${host}`, watchLines(host, textWidth), watchCopy(host) ?? undefined),
        ),
    },
    {
      name: "capture-copy",
      keys: ["y"],
      title: "copy the command that changes it",
      bar: "copy",
      possible: (row) => (commandFor(row) === null ? "there is nothing to type for this host" : true),
      run: (row) =>
        withRow(row, (known) => {
          const text = copyOf(known) ?? "";
          return { type: "copy", text, what: text };
        }),
    },
  ],
};

const notWatchable: Readonly<Record<Exclude<HostRow["how"], "unwatched">, string>> = {
  decrypted: "it is watched already",
  own: "it is this proxy itself",
  excepted: "intercept.tunnel names it; take it out of there first",
  "out-of-scope": "it is among the watched hosts; switchyard ca rotate lets the certificates speak for it",
  refused: "it is watched, but the client does not trust our certificate; enter says what helps",
};

function fits({ how }: HostRow, variant: string): boolean {
  const word = treatments[how].word;
  if (variant === "decrypted") return how === "decrypted" || how === "own";
  if (variant === "tunnelled") return word === "tunnelled";
  return variant === everything || how === "refused" || how === "out-of-scope";
}

/** Quoted where it is more than a plain name: what came over the wire must not become part of the filter's language. */
function hostFilter(host: string): string {
  return /^[a-z0-9.-]+$/i.test(host) ? `host:${host}` : `host:"${host.replaceAll(/["\\]/g, "")}"`;
}

function figure(value: number): Span {
  return value === 0 ? { text: "-", style: "dim" } : { text: count(value) };
}

function copyOf(row: HostRow): string | null {
  return row.how === "unwatched" ? watchCopy(row.host) : commandFor(row);
}

function withRow(row: HostRow | null, effect: (row: HostRow) => Effect): Effect {
  return row === null ? { type: "hint", text: "no host is selected" } : effect(row);
}
