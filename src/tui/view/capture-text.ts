/** What Capture says about a host: how it was treated, what that means, and exactly what changes it. */
import { clientHints } from "../../base/client-hints.ts";
import type { HostRow, Treatment } from "../state/capture-hosts.ts";
import type { StatusView } from "../state/flow-view.ts";
import { clientName, clockTime } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import type { Style } from "../text/theme.ts";
import { wrapWords } from "../text/wrap.ts";

export const treatments: Readonly<
  Record<Treatment, { readonly mark: string; readonly word: string; readonly style: Style; readonly meaning: string }>
> = {
  decrypted: { mark: "+", word: "decrypted", style: "ok", meaning: "its calls are read, shown and may be rerouted" },
  own: { mark: "+", word: "this port", style: "ok", meaning: "calls to the gateway on this port itself" },
  unwatched: { mark: "o", word: "tunnelled", style: "dim", meaning: "not among the hosts that are watched" },
  excepted: { mark: "o", word: "tunnelled", style: "dim", meaning: "listed under intercept.tunnel" },
  "out-of-scope": {
    mark: "*",
    word: "tunnelled",
    style: "warn",
    meaning: "outside what the certificate authority may speak for",
  },
  refused: { mark: "!", word: "refused", style: "error", meaning: "the client does not trust our certificate" },
};

/** What to type, or null where nothing needs to change. */
export function commandFor(row: HostRow): string | null {
  switch (row.how) {
    case "refused":
      return `switchyard run -- ${programFor(row)}`;
    case "out-of-scope":
      return "switchyard ca rotate";
    case "unwatched":
      return watchCommands(row.host)?.[0] ?? null;
    case "decrypted":
    case "own":
    case "excepted":
      return null;
  }
}

/** A host stands in a shell command only when it is nothing but a host: it came over the wire. */
export function watchCommands(host: string): readonly [set: string, rotate: string] | null {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host) || !host.includes(".") || /^[\d.]+$/.test(host)) return null;
  return [`switchyard config set intercept.hosts '[default, ${host}]'`, "switchyard ca rotate"];
}

export function watchLines(host: string, width: number): readonly Spans[] {
  const commands = watchCommands(host);
  if (commands === null) {
    return [
      [],
      ...prose(
        `${host} cannot be watched: certificates are made for names of hosts with a dot in them, not for addresses.`,
        width,
      ),
    ];
  }
  const [set, rotate] = commands;
  return [
    [],
    ...prose(`To decrypt ${host}, add it to the hosts that are watched. In a terminal:`, width),
    [],
    command(set),
    command(rotate),
    [],
    ...prose(
      "`default` stands for the known providers. Hosts that you watch already belong into that list too; this shows them:",
      width,
    ),
    [],
    command("switchyard config get intercept.hosts"),
    [],
    ...prose(
      "The second command makes a new certificate authority, because the one there may speak for the hosts of its day only. Clients started with `switchyard run` trust it by themselves; stores that you installed into need `switchyard ca install` again.",
      width,
    ),
    [],
    [{ text: " y", style: "strong" }, { text: " copies both commands as one line." }],
  ];
}

export function watchCopy(host: string): string | null {
  return watchCommands(host)?.join(" && ") ?? null;
}

/** All about a host. */
export function hostLines(row: HostRow, width: number, status: StatusView | null): readonly Spans[] {
  const { mark, word, style, meaning } = treatments[row.how];
  const fields: readonly (readonly [string, string])[] = [
    ["means", meaning],
    ["the core", row.why ?? ""],
    ["calls", `${row.calls} decrypted   ${row.tunnels} tunnelled   ${row.refusals} refused by the client`],
    [
      "sockets",
      row.declined === 0
        ? ""
        : `${row.declined} WebSockets declined with 426: a rule may reroute there; clients go on over HTTP`,
    ],
    ["clients", row.clients.map(clientName).join(", ")],
    ["last", clockTime(row.lastAt)],
  ];
  const lines: Spans[] = [
    [],
    [
      { text: ` ${row.host}`, style: "strong" },
      { text: `   ${mark} ${word}`, style },
    ],
    [],
  ];
  for (const [name, text] of fields) {
    if (text === "") continue;
    for (const [index, part] of wrapWords(text, Math.max(1, width - 12)).entries()) {
      lines.push([{ text: ` ${(index === 0 ? name : "").padEnd(10)}`, style: "dim" }, { text: part }]);
    }
  }
  lines.push([], ...fixLines(row, width), ...authorityLines(status, width));
  return lines;
}

function fixLines(row: HostRow, width: number): readonly Spans[] {
  switch (row.how) {
    case "refused":
      return [
        [{ text: " Fix", style: "accent" }],
        command(commandFor(row) ?? ""),
        ...prose(row.fix ?? "", width),
        ...prose("A program that reads only the system's store needs `switchyard ca install` (it asks first).", width),
        [],
      ];
    case "out-of-scope":
      return [
        [{ text: " Fix", style: "accent" }],
        command("switchyard ca rotate"),
        ...prose("It makes a new certificate authority for the hosts that are configured now.", width),
        [],
      ];
    case "unwatched":
      return [...prose("w says how to watch it, if it serves models. Everything else is best left sealed.", width), []];
    case "excepted":
      return [
        ...prose(
          "It stays sealed because intercept.tunnel names it; taking it out of there has it watched again.",
          width,
        ),
        [],
      ];
    case "decrypted":
    case "own":
      return [];
  }
}

export function authorityLines(status: StatusView | null, width: number): readonly Spans[] {
  if (status === null) return [];
  const { ca } = status;
  const port = `Clients reach the proxy on ${status.host}:${status.port ?? "?"}; ${proxyAuthText(status.proxyAuth)}.`;
  if (ca === null) return prose(port, width);
  const names =
    ca.scope.length === 0 ? "" : `, and may speak for ${ca.scope.length} ${ca.scope.length === 1 ? "name" : "names"}`;
  return [
    ...prose(`The certificate authority is ${ca.path}. It is valid until ${ca.expiresAt.slice(0, 10)}${names}.`, width),
    ...(ca.scope.length === 0 ? [] : prose(`It may speak for: ${ca.scope.join(", ")}`, width)),
    ...prose(port, width),
  ];
}

function proxyAuthText(proxyAuth: string): string {
  switch (proxyAuth) {
    case "always":
      return "each connection needs the proxy token";
    case "off":
      return "no connection needs the proxy token";
    default:
      return "rerouted calls need the proxy token, which `switchyard run` and `env` set";
  }
}

/** The client that usually calls a host; a person puts in their own where none is known. */
function programFor({ host, clients }: HostRow): string {
  const hint =
    clientHints.find(({ id }) => clients.includes(id)) ?? clientHints.find(({ hosts }) => hosts.includes(host));
  return hint?.programs[0] ?? "COMMAND";
}

function command(text: string): Spans {
  return [{ text: `     ${text}`, style: "accent" }];
}

function prose(text: string, width: number): readonly Spans[] {
  if (text === "") return [];
  return wrapWords(text, Math.max(1, width - 2)).map((row): Span[] => [{ text: ` ${row}` }]);
}
