/** Routes: the rules in their order and what happens without one, combos, aliases, and the chain behind the selected one. */
import { printFilter } from "../../base/filter/index.ts";
import { exactly, holding } from "../state/call-filter.ts";
import { type Effect, textDialog } from "../state/effect.ts";
import type { Column, Local, Table } from "../table/table.ts";
import { count } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import { chainOf } from "./routes-chain.ts";
import { chainRows, fullChainRows, shortChain } from "./routes-chain-view.ts";
import { addSomething, deleteIt, editSomething, moveRule, toggleRule } from "./routes-edits.ts";
import { dryRun } from "./routes-explain.ts";
import {
  type AliasRow,
  type ComboRow,
  isRouted,
  readRoutes,
  type RouteRow,
  routeVariants,
  rulesTo,
  targetOf,
} from "./routes-rows.ts";
import { decidedBy, type MatchKey, matchText, type World } from "./routes-world.ts";
import { yamlOf } from "./routes-yaml.ts";

const nothing: Effect = { type: "hint", text: "nothing is selected" };

export const routes: Table<RouteRow> = {
  id: "routes",
  title: "Routes",
  short: "Rout",
  variants: routeVariants,
  loads: () => ["/routes", "/combos", "/accounts"],
  everyMs: 2_000,
  read: (answers, variant, { book }) => readRoutes(answers, variant, book.all()),
  columns: (variant) => (variant === "combos" ? comboColumns : variant === "aliases" ? aliasColumns : ruleColumns),
  sorts: [
    { title: "order", compare: null },
    { title: "hits", compare: (one, other) => hitsOf(other) - hitsOf(one) },
    { title: "target", compare: (one, other) => compareText(targetOf(one) ?? "~", targetOf(other) ?? "~") },
  ],
  search: searchText,
  summary: ([first], _now, local) => summarySpans(first ?? null, local),
  inspectorHeight: (rows) => (rows < 28 ? 2 : Math.min(24, Math.floor((rows - 20) * 0.7))),
  inspect: inspected,
  open: (row, _width, now) => textDialog(titleOf(row), everything(row, now)),
  empty: (_local, variant) => emptyRows(variant),
  actions: [
    {
      name: "route-explain",
      keys: ["D"],
      title: "dry run: where would a call go",
      bar: "dry run",
      always: true,
      run: (row, _rows, around) => dryRun(row, around),
    },
    {
      name: "route-add",
      keys: ["a"],
      title: "add a rule (a combo, an alias)",
      bar: "add",
      always: true,
      run: (row, _rows, around) => addSomething(row, around),
    },
    {
      name: "combo-edit",
      keys: ["e"],
      title: "edit its combo, or add one",
      bar: "edit combo",
      always: true,
      run: (row) => editSomething(row),
    },
    {
      name: "route-delete",
      keys: ["d"],
      title: "delete it (asks)",
      bar: "delete",
      possible: (row) => (row.kind === "default" ? "this is no rule; it is what happens without one" : true),
      run: (row) => (row === null ? nothing : deleteIt(row)),
    },
    {
      name: "route-toggle",
      keys: ["o"],
      title: "switch the rule off, or on again; it keeps its place",
      bar: "on/off",
      possible: (row) => (row.kind === "rule" ? true : "only rules can be switched off"),
      run: (row) => (row?.kind === "rule" ? toggleRule(row) : nothing),
    },
    {
      name: "route-up",
      keys: ["K"],
      title: "move the rule up",
      bar: "move",
      possible: (row) => movable(row, -1),
      run: (row) => (row?.kind === "rule" ? moveRule(row, -1) : nothing),
    },
    {
      name: "route-down",
      keys: ["J"],
      title: "move the rule down",
      possible: (row) => movable(row, 1),
      run: (row) => (row?.kind === "rule" ? moveRule(row, 1) : nothing),
    },
    {
      name: "route-calls",
      keys: ["f"],
      title: "the calls that it decided, in the traffic",
      bar: "calls",
      run: (row) => (row === null ? nothing : { type: "filter", text: callsFilter(row) }),
    },
    {
      name: "route-copy",
      keys: ["y"],
      title: "copy it as YAML",
      bar: "copy",
      possible: (row) => (yamlOf(row) === null ? "this stands in no file" : true),
      run: (row) => {
        const yaml = row === null ? null : yamlOf(row);
        return row === null || yaml === null ? nothing : { type: "copy", text: yaml, what: `${titleOf(row)} as YAML` };
      },
    },
  ],
};

const ruleColumns: readonly Column<RouteRow>[] = [
  {
    id: "number",
    title: "#",
    width: 3,
    align: "right",
    cell: (row) => ({ text: row.kind === "rule" ? String(row.rule.number) : "-", style: "strong" }),
  },
  { ...matchColumn("client", 10), widest: 12 },
  { ...matchColumn("host", 16), widest: 24, leavesAt: 3 },
  { ...matchColumn("model", 15), widest: 22 },
  { ...matchColumn("path", 12), widest: 24, leavesAt: 1 },
  {
    id: "to",
    title: "target",
    width: 20,
    grows: true,
    cell: (row) =>
      row.kind === "rule" && !row.rule.enabled
        ? { text: `o off: ${row.rule.to}`, style: "dim" }
        : row.kind === "rule"
          ? { text: row.rule.to, style: row.rule.to === "block" ? "error" : isRouted(row.rule) ? "ok" : "plain" }
          : { text: "passed on/tunnelled", style: "dim" },
  },
  {
    id: "fallback",
    title: "if it fails",
    width: 11,
    leavesAt: 2,
    cell: (row) =>
      row.kind === "rule" && isRouted(row.rule) ? { text: row.rule.fallback } : { text: "-", style: "dim" },
  },
  { id: "hits", title: "hits", width: 5, align: "right", cell: (row) => ({ text: count(hitsOf(row)) }) },
];

function matchColumn(key: MatchKey, width: number): Column<RouteRow> {
  return {
    id: key,
    title: key,
    width,
    cell(row) {
      const glob = row.kind === "rule" ? row.rule.match[key] : undefined;
      return glob === undefined ? { text: "*", style: "dim" } : { text: glob };
    },
  };
}

const comboColumns: readonly Column<RouteRow>[] = [
  {
    id: "name",
    title: "combo",
    width: 14,
    widest: 24,
    cell: (row) => ({ text: row.kind === "combo" ? row.combo.name : "" }),
  },
  { id: "usable", title: "usable", width: 9, cell: (row) => (row.kind === "combo" ? usableSpan(row) : { text: "" }) },
  { id: "rules", title: "rules", width: 8, leavesAt: 2, cell: (row) => ({ text: ruleNumbers(row) }) },
  { id: "hits", title: "hits", width: 5, align: "right", cell: (row) => ({ text: count(hitsOf(row)) }) },
  {
    id: "members",
    title: "members, first to last",
    width: 20,
    grows: true,
    cell: (row) => ({ text: row.kind === "combo" ? row.combo.members.map(({ text }) => text).join(" > ") : "" }),
  },
];

const aliasColumns: readonly Column<RouteRow>[] = [
  {
    id: "name",
    title: "alias",
    width: 16,
    widest: 24,
    cell: (row) => ({ text: row.kind === "alias" ? row.alias.name : "" }),
  },
  {
    id: "means",
    title: "means",
    width: 24,
    widest: 44,
    cell: (row) => ({ text: row.kind === "alias" ? row.alias.target : "" }),
  },
  { id: "rules", title: "rules", width: 8, leavesAt: 2, cell: (row) => ({ text: ruleNumbers(row) }) },
  {
    id: "note",
    title: "note",
    width: 20,
    leavesAt: 1,
    grows: true,
    cell: (row) =>
      row.kind === "alias" && row.alias.collision !== null
        ? { text: `! ${row.alias.collision}`, style: "warn" }
        : { text: "" },
  },
];

function usableSpan({ combo }: ComboRow): Span {
  const usable = combo.members.filter((member) => member.usable).length;
  const figures = `${usable}/${combo.members.length}`;
  if (usable === 0) return { text: `! ${figures}`, style: "error" };
  return combo.warning === null && usable === combo.members.length
    ? { text: `+ ${figures}`, style: "ok" }
    : { text: `* ${figures}`, style: "warn" };
}

function namesOf(row: ComboRow | AliasRow): readonly string[] {
  return row.kind === "combo" ? [`combo/${row.combo.name}`, row.combo.name] : [row.alias.name];
}

function ruleNumbers(row: RouteRow): string {
  if (row.kind !== "combo" && row.kind !== "alias") return "";
  const numbers = rulesTo(row.world, namesOf(row)).map(({ number }) => number);
  return numbers.length === 0 ? "none" : numbers.join(" ");
}

function hitsOf(row: RouteRow): number {
  switch (row.kind) {
    case "rule":
      return row.rule.hits;
    case "default":
      return row.world.undecided;
    case "combo":
    case "alias":
      return rulesTo(row.world, namesOf(row)).reduce((sum, { hits }) => sum + hits, 0);
  }
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function searchText(row: RouteRow): string {
  switch (row.kind) {
    case "rule":
      return `${row.rule.number} ${matchText(row.rule.match)} ${row.rule.to} ${row.rule.fallback}`;
    case "default":
      return "default passed on tunnelled";
    case "combo":
      return `${row.combo.name} ${row.combo.members.map(({ text }) => text).join(" ")}`;
    case "alias":
      return `${row.alias.name} ${row.alias.target}`;
  }
}

function summarySpans(first: RouteRow | null, { status }: Local): Spans {
  const spans: Span[] = [];
  const config = status?.config ?? null;
  const file = config === null ? "" : (config.path.split(/[/\\]/).at(-1) ?? config.path);
  const isWrong = config !== null && config.error !== null;
  // What is wrong with the file needs the room.
  if (!isWrong && (first?.kind === "rule" || first?.kind === "default")) {
    spans.push({ text: "first match wins  ", style: "dim" });
  }
  const combos = first?.world.combos.length ?? 0;
  if (first !== null) spans.push({ text: `${combos} ${combos === 1 ? "combo" : "combos"}  ` });
  if (config === null) return spans;
  if (isWrong) spans.push({ text: `! ${file} is not in force`, style: "error" });
  else spans.push(config.exists ? { text: `${file} in force`, style: "ok" } : { text: `no ${file} yet`, style: "dim" });
  return spans;
}

function titleOf(row: RouteRow): string {
  switch (row.kind) {
    case "rule":
      return `rule ${row.rule.number}`;
    case "default":
      return "without a rule";
    case "combo":
      return `combo/${row.combo.name}`;
    case "alias":
      return `alias ${row.alias.name}`;
  }
}

function inspected(row: RouteRow, width: number, now: number, _local: Local, height: number): readonly Spans[] {
  if (row.kind === "default") return defaultRows(row.world).slice(0, height);
  const chain = chainOf(row.world, targetOf(row) ?? "");
  if (height <= 2) return [headline(row), shortChain(chain, now)];
  const rows = chainRows(chain, width, now);
  // A combo's chain begins with its name.
  if (row.kind !== "combo") rows.unshift(headline(row));
  if (rows.length <= height) return rows;
  const hidden = rows.length - height + 1;
  return [...rows.slice(0, height - 1), [{ text: `   … ${hidden} more; enter shows all`, style: "dim" }]];
}

function headline(row: RouteRow): Spans {
  switch (row.kind) {
    case "rule": {
      const fallback = isRouted(row.rule) ? `   if all fail: ${fallbackText(row.rule.fallback)}` : "";
      return [
        { text: ` ${row.rule.number} `, style: "strong" },
        { text: `${matchText(row.rule.match)} → ` },
        { text: row.rule.to, style: "accent" },
        { text: fallback, style: "dim" },
      ];
    }
    case "alias":
      return [
        { text: ` ${row.alias.name} `, style: "strong" },
        row.alias.collision === null
          ? { text: `in rules: ${ruleNumbers(row)}`, style: "dim" }
          : { text: `! ${row.alias.collision}`, style: "warn" },
      ];
    case "combo":
      return [
        { text: ` combo/${row.combo.name} `, style: "strong" },
        row.combo.warning === null
          ? { text: `in rules: ${ruleNumbers(row)}`, style: "dim" }
          : { text: `! ${row.combo.warning}`, style: "warn" },
      ];
    case "default":
      return [];
  }
}

function fallbackText(fallback: string): string {
  return fallback === "passthrough" ? "passed on to the host that was called" : "the client gets the error";
}

function defaultRows(world: World): readonly Spans[] {
  return [
    [
      { text: " - ", style: "strong" },
      { text: "no rule matches: passed on untouched; hosts that are not looked into are tunnelled" },
    ],
    [
      {
        text:
          world.rules.length === 0
            ? "   There is no rule yet: a adds one, D asks where a call would go."
            : `   ${count(world.undecided)} of the calls in the list; f shows them`,
        style: "dim",
      },
    ],
  ];
}

function everything(row: RouteRow, now: number): readonly Spans[] {
  const target = targetOf(row);
  const rows: Spans[] = [[]];
  if (row.kind === "default") return [...rows, ...defaultRows(row.world)];
  rows.push(headline(row));
  if (row.kind === "rule") {
    rows.push([{ text: `   ${count(row.rule.hits)} hits since the rules were read`, style: "dim" }]);
  }
  rows.push([], ...fullChainRows(chainOf(row.world, target ?? ""), now));
  const yaml = yamlOf(row);
  if (yaml !== null) {
    rows.push([], [{ text: "   in config.yaml:", style: "dim" }]);
    for (const line of yaml.trimEnd().split("\n")) rows.push([{ text: `     ${line}`, style: "string" }]);
  }
  return rows;
}

/** The explanation of a call says which rule decided, and in these words. */
export function callsFilter(row: RouteRow): string {
  switch (row.kind) {
    case "rule":
      return holding("why", decidedBy(row.rule.number) + row.rule.to);
    case "default":
      return printFilter({
        type: "all",
        parts: [
          {
            type: "any",
            parts: [
              { type: "word", key: "is", word: "passthrough" },
              { type: "word", key: "is", word: "tunnel" },
            ],
          },
          { type: "not", part: { type: "text", key: "why", match: { how: "contains", text: "matches: to" } } },
        ],
      });
    case "combo":
      return exactly("combo", row.combo.name);
    case "alias":
      return exactly("model", row.alias.name);
  }
}

function movable(row: RouteRow, by: 1 | -1): true | string {
  if (row.kind !== "rule") return "only rules have an order";
  const to = row.rule.number + by;
  if (to < 1) return "it is the first rule";
  return to > row.world.rules.length ? "it is the last rule" : true;
}

function emptyRows(variant: string): readonly Spans[] {
  const [what, means] =
    variant === "aliases"
      ? ["aliases", "An alias is a name of your own for a model; rules and clients may use it."]
      : ["combos", "A combo is a chain of models: each is tried when the one before has failed."];
  return [
    [],
    [{ text: `   There are no ${what} yet.`, style: "strong" }],
    [{ text: `   ${means}` }],
    [{ text: "   a adds one, v goes on to the next view.", style: "dim" }],
  ];
}
