/** The help overlay, made from the key table. */
import { shortExamples } from "../../base/filter/index.ts";
import { bindingsOf, shownKeys, type Binding, type Context } from "../keymap.ts";
import { verbNames } from "../palette/verb-names.ts";
import { fit } from "../text/cells.ts";
import type { Span, Spans } from "../text/row.ts";

const groups = ["Move", "Flow", "Row", "View", "Everywhere"] as const;
const columnWidth = 46;
/** Longer ones are told by the palette itself. */
const maxArgument = 8;

/** Every row of the help for a screen, as many columns as the width takes; the caller scrolls. */
export function helpRows(context: Context, width: number): readonly Spans[] {
  const blocks = groups
    .map((group) => ({ group, bindings: bindingsOf(context).filter((one) => one.group === group && one.title !== "") }))
    .filter(({ bindings }) => bindings.length > 0)
    .map(({ group, bindings }): readonly Spans[] => [heading(group), ...bindings.map(keyRow), []])
    .concat(
      [[heading("Behind :"), ...Object.entries(verbNames).map(verbRow), []]],
      context === "traffic"
        ? [[heading("Filter"), ...shortExamples.map(([example, meaning]) => wordRow(example, meaning, 20)), []]]
        : [],
      context === "traffic" || context === "detail"
        ? [[heading("Status words"), ...statusWords.map(([word, meaning]) => wordRow(word, meaning)), []]]
        : [],
    );
  const columns = Math.max(1, Math.floor(width / columnWidth));
  const stacks = balance(blocks, columns);
  const height = Math.max(...stacks.map((stack) => stack.length));
  const cell = Math.floor(width / columns);
  return Array.from({ length: height }, (_, index) => stacks.flatMap((stack) => padded(stack[index] ?? [], cell)));
}

function heading(group: string): Spans {
  return [{ text: ` ${group}`, style: "accent" }];
}

/** What `statusText` can say beside a plain code. */
const statusWords: readonly (readonly [word: string, meaning: string])[] = [
  ["stream", "the answer is arriving"],
  ["wait", "no answer yet"],
  ["429>2", "first answer 429, attempt 2 served it"],
  ["cut!", "the answer broke off"],
  ["200!", "an error inside the answer"],
  ["tls!", "TLS failed, or the client refused us"],
  ["dns!", "the host's name did not resolve"],
  ["12.3s~", "still running"],
];

function keyRow(binding: Binding): Spans {
  return wordRow(shownKeys(binding), binding.title);
}

function verbRow([name, { takes, title }]: readonly [
  string,
  { readonly takes: string; readonly title: string },
]): Spans {
  return wordRow(takes.length > maxArgument ? `${name} …` : `${name} ${takes}`, title, 16);
}

function wordRow(word: string, meaning: string, wordWidth = 9): Spans {
  return [{ text: `  ${fit(word, wordWidth)} `, style: "strong" }, { text: meaning }];
}

/** Each block goes to the shortest stack: nearly even, and blocks stay whole. */
function balance(blocks: readonly (readonly Spans[])[], columns: number): readonly (readonly Spans[])[] {
  const stacks: Spans[][] = Array.from({ length: columns }, () => []);
  for (const block of blocks) {
    const shortest = stacks.reduce((best, stack) => (stack.length < best.length ? stack : best));
    shortest.push(...block);
  }
  return stacks;
}

function padded(spans: Spans, width: number): Span[] {
  const used = spans.reduce((sum, span) => sum + span.text.length, 0);
  return [...spans, { text: " ".repeat(Math.max(0, width - used)) }];
}
