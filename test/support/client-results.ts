/**
 * What the real clients were seen to do: kept in a file beside the tests, written by the run itself, and shown as the table
 * in docs/clients.md. A run of some clients changes the rows of these and leaves the others.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientPackages } from "./client-list.ts";
import { scenarios, scenariosOf, type Scenario } from "./client-scenarios.ts";

/** `alone`: with one variable for trust and one for the proxy, and without `run`. */
const columns = ["text", "tool", "busy", "cut", "stopped", "alone"] as const;
type Column = (typeof columns)[number];

/** Attached to a test that has shown something of a client. */
export interface Shown {
  readonly scenario: string;
  readonly what: Column;
}

interface Row {
  readonly version: string;
  /** False: tried, and it did not work. */
  readonly shown: Readonly<Partial<Record<Column, boolean>>>;
}

export interface Results {
  /** In a network of its own, with a trap for whoever goes past the proxy. */
  readonly isolated: boolean;
  readonly platform: string;
  readonly rows: Readonly<Record<string, Row>>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const resultsFile = join(root, "test/clients/results.json");
const pageFile = join(root, "docs/clients.md");

export function readResults(): Results {
  if (!existsSync(resultsFile)) return { isolated: false, platform: "", rows: {} };
  return JSON.parse(readFileSync(resultsFile, "utf8")) as Results; // written by this file alone
}

export function writeResults(seen: readonly (Shown & { readonly passed: boolean })[], isolated: boolean): void {
  const before = readResults();
  const rows: Record<string, Row> = {};
  for (const scenario of scenarios) {
    const mine = seen.filter((one) => one.scenario === scenario.id);
    const { version } = clientPackages[scenario.client];
    const old = before.rows[scenario.id];
    const kept = old?.version === version ? Object.entries(old.shown) : [];
    if (mine.length === 0 && old === undefined) continue;
    const now = mine.map(({ what, passed }) => [what, passed] as const);
    const shown = Object.fromEntries([...kept, ...now].filter(([what]) => isTried(scenario, what)));
    rows[scenario.id] = { version, shown };
  }
  const results: Results = { isolated, platform: `${process.platform}-${process.arch}`, rows };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
  if (existsSync(pageFile)) writeFileSync(pageFile, withTable(readPage(), results));
}

export function readPage(): string {
  return readFileSync(pageFile, "utf8");
}

/** What a client does when things go wrong does not hang on its login: it is tried in its first scenario alone. */
function isTried(scenario: Scenario, what: string): boolean {
  return what === "text" || what === "tool" || isFirst(scenario);
}

export function isFirst(scenario: Scenario): boolean {
  return scenariosOf(scenario.client)[0] === scenario;
}

const begin = "<!-- written by `npm run test:clients`: -->";
const end = "<!-- until here -->";

/** The page with its table written anew. */
export function withTable(page: string, results: Results): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error("docs/clients.md has lost the marks around its table");
  return `${page.slice(0, from)}${begin}\n\n${table(results)}\n\n${page.slice(to)}`;
}

const head = [
  "client",
  "version",
  "started with",
  "speaks → answered in",
  "text turn",
  "tool turn",
  "429",
  "broken answer",
  "Ctrl-C",
  "trust, proxy: enough is",
  "notes",
];

function table(results: Results): string {
  const lines = scenarios.map((scenario) => `| ${cells(scenario, results.rows[scenario.id]).join(" | ")} |`);
  return [`| ${head.join(" | ")} |`, `|${head.map(() => "---|").join("")}`, ...lines].join("\n");
}

function cells(scenario: Scenario, row: Row | undefined): readonly string[] {
  const { title, version } = clientPackages[scenario.client];
  const word = (column: Column, well = "✓"): string => {
    if (!isTried(scenario, column)) return "as above";
    const shown = row?.version === version ? row.shown[column] : undefined;
    return shown === undefined ? "not run" : shown ? well : "**no**";
  };
  return [
    title,
    version,
    scenario.how,
    `${scenario.speaks} → ${scenario.served}`,
    word("text"),
    word("tool"),
    word("busy", "waits, ✓"),
    word("cut", scenario.onCut === "asks again" ? "asks again, ✓" : "says so, exit code"),
    word("stopped"),
    word("alone", `\`${scenario.trust}\`, \`HTTPS_PROXY\``),
    scenario.note,
  ];
}
