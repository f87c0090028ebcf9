/** The language on one page, made from the table of keys: for help texts and for docs/filter.md. */
import { hasWords, isWords, type KnownKey, knownKeys, operatorAliases } from "./keys.ts";

/** For a screen that has room for a few: what the language can do, one example each. */
export const shortExamples: readonly (readonly [example: string, meaning: string])[] = [
  ["claude 429", "text anywhere, both words"],
  ["-status:200", "not (! does the same)"],
  ["a | (b -c)", "or, group"],
  ["host:openai", "a part of it"],
  ["model:gpt*", "glob for the whole"],
  ["acct:=kiro/main", "exactly that"],
  ["path:~v\\d/(chat|res)", "pattern"],
  ["status:5xx dur:>10s", "classes, comparisons"],
  ["tok:>50k age:<5m", "with units"],
  ["is:error has:loss", "error, retried, lossy, live …"],
  ['body:"tool_use"', "in bodies; rq: rs: one side"],
];

/** For `--help`: one line a key. */
export function helpLines(): readonly string[] {
  const width = Math.max(...knownKeys.map(({ example }) => example.length));
  return [
    'Words that stand beside each other must all fit; | is or, - or ! is not, ( ) groups, " " quotes.',
    "Behind a text's key: a part of it, * as a wildcard, = for the whole, ~ for a pattern. Case means nothing.",
    "",
    ...knownKeys.map(({ example, meaning }) => `${example.padEnd(width)}  ${meaning}`),
    "",
    `is: ${Object.keys(isWords).join(" ")}`,
    `has: ${Object.keys(hasWords).join(" ")}`,
  ];
}

/** The tables of docs/filter.md. */
export function markdownReference(): string {
  const kinds: readonly (readonly [kind: KnownKey["kind"], title: string])[] = [
    ["text", "Texts"],
    ["number", "Figures"],
    ["word", "Words of a list"],
    ["content", "Heads and bodies"],
  ];
  return [
    ...kinds.flatMap(([kind, title]) => [
      `### ${title}`,
      "",
      ...table(
        ["key", "also", "meaning", "example"],
        knownKeys
          .filter((known) => known.kind === kind)
          .map(({ key, also, meaning, example }) => [
            code(`${key}:`),
            also.map((name) => code(`${name}:`)).join(" "),
            meaning,
            code(example),
          ]),
      ),
      "",
    ]),
    "### `is:`",
    "",
    ...table(
      ["word", "meaning"],
      Object.entries(isWords).map(([word, meaning]) => [code(`is:${word}`), meaning]),
    ),
    "",
    "### `has:`",
    "",
    ...table(
      ["word", "meaning"],
      Object.entries(hasWords).map(([word, meaning]) => [code(`has:${word}`), meaning]),
    ),
    "",
    "### mitmproxy's operators",
    "",
    ...table(
      ["operator", "is", "meaning"],
      Object.entries(operatorAliases).map(([name, alias]) =>
        "key" in alias
          ? [code(`~${name} PATTERN`), code(`${alias.key}:${alias.key === "status" ? "" : "~"}PATTERN`), alias.meaning]
          : [code(`~${name}`), code(alias.means), alias.meaning],
      ),
    ),
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function code(text: string): string {
  return `\`${text}\``;
}
