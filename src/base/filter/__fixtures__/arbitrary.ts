/** Random filters and flows that meet now and then: both take their words from the same short lists. */
import fc from "fast-check";
import { clientIds, type FlowRecord } from "../../flow.ts";
import { allOf, anyOf, type Expression, not, type TextMatch } from "../expression.ts";
import { contentKeys, knownKeys, numberKeys, textKeys } from "../keys.ts";
import { parseFilter } from "../parse.ts";

const words = [
  "claude",
  "gpt-5",
  "openai",
  "kiro",
  "429",
  "a b",
  'say "hi"',
  "back\\slash",
  "Ünïcode",
  "x",
  "-",
  "|",
  "",
];
const word = fc.constantFrom(...words);

export const flows: fc.Arbitrary<FlowRecord> = fc.record({
  id: fc.constantFrom("abc00001", "abc00002"),
  startedAt: fc.integer({ min: 0, max: 100_000 }),
  client: fc.constantFrom(...clientIds),
  host: fc.constantFrom("api.openai.com", "api.anthropic.com", "x"),
  method: fc.constantFrom("GET", "POST"),
  path: fc.constantFrom("/v1/messages", "/v1/responses?x=1", "/"),
  protocol: fc.constantFrom("http/1.1", "h2", "websocket"),
  status: fc.option(fc.constantFrom(200, 404, 429, 529)),
  state: fc.constantFrom("open", "streaming", "done", "failed", "truncated"),
  action: fc.constantFrom("tunnel", "passthrough", "reroute", "bypass", "block"),
  formats: fc.record({ client: fc.option(word), upstream: fc.option(word) }),
  model: fc.record({ asked: fc.option(word), served: fc.option(word) }),
  provider: fc.option(word),
  account: fc.option(word),
  attempts: fc.array(
    fc.record({
      provider: word,
      account: fc.option(word),
      model: fc.option(word),
      status: fc.option(fc.constantFrom(200, 429)),
      startedAt: fc.constant(0),
      endedAt: fc.constant(null),
    }),
    { maxLength: 3 },
  ),
  why: fc.array(fc.record({ stage: fc.constant("rule"), text: word }), { maxLength: 2 }),
  usage: fc.option(
    fc.record({
      input: fc.nat(100_000),
      output: fc.nat(2_000),
      cacheRead: fc.nat(1),
      cacheWrite: fc.nat(1),
      reasoning: fc.nat(1),
      estimated: fc.boolean(),
    }),
  ),
  timings: fc.record({
    connectMs: fc.constant(null),
    tlsMs: fc.constant(null),
    translateMs: fc.constant(null),
    ttfbMs: fc.option(fc.nat(5_000)),
    firstTokenMs: fc.option(fc.nat(5_000)),
    totalMs: fc.option(fc.nat(20_000)),
  }),
  losses: fc.array(word, { maxLength: 2 }),
});

const match: fc.Arbitrary<TextMatch> = fc.oneof(
  fc.record({ how: fc.constantFrom("contains", "equals"), text: fc.oneof(word, fc.string({ maxLength: 8 })) }),
  fc.record({
    how: fc.constant("glob"),
    text: fc.constantFrom("*", "gpt*", "*open*", "a*i.c*m", "https:*", "-*x", "=*"),
  }),
  fc.record({
    how: fc.constant("pattern"),
    text: fc.constantFrom("open|anth", "^api\\.", 'say "?hi', "a\\\\b", 'a\\\\"b', "[\"']", "(a b)+", "\\d{3}$", ""),
  }),
);

/** Terms as the parser makes them: by writing them and reading them back. */
function parsed(text: string): Expression {
  const read = parseFilter(text);
  if (!read.ok) throw new Error(`${text}: ${read.problem.message}`);
  return read.expression;
}

const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>): fc.Arbitrary<Key> =>
  fc.constantFrom(...(Object.keys(table) as Key[])); // keys of a literal table

const textTerm: fc.Arbitrary<Expression> = fc
  .tuple(keysOf(textKeys), match)
  // `text:=x` and others are fine; a glob that looks like a sign behind its key cannot be written.
  .map(([key, made]): Expression => ({ type: "text", key, match: made }))
  .filter(
    (term) =>
      term.type !== "text" || term.match.how !== "glob" || !term.match.text.startsWith("=") || term.key === "text",
  );

const contentTerm: fc.Arbitrary<Expression> = fc
  .tuple(keysOf(contentKeys), match)
  .filter(([key, { how, text }]) => (how !== "equals" || key === "type") && !(how === "glob" && text.startsWith("=")))
  .map(([key, made]): Expression => ({ type: "content", key, match: made }));

const numberTerm: fc.Arbitrary<Expression> = fc
  .tuple(
    keysOf(numberKeys),
    fc.constantFrom("", ">", "<", ">=", "<=", "="),
    fc.nat(2_000),
    fc.constantFrom("", "k", "s", "ms", "h"),
  )
  .map(([key, sign, figure, unit]) => `${key}:${sign}${figure}${unit}`)
  .filter((text) => parseFilter(text).ok)
  .map(parsed);

const wordTerm = fc
  .constantFrom(
    "status:4xx",
    "is:error",
    "is:live",
    "is:retried",
    "has:cost",
    "-has:reply",
    "action:reroute",
    "~e",
    "~m GET",
  )
  .map(parsed);

const leaf = (content: boolean): fc.Arbitrary<Expression> =>
  fc.oneof(textTerm, numberTerm, wordTerm, ...(content ? [contentTerm] : []));

function tree(content: boolean): fc.Arbitrary<Expression> {
  return fc.letrec<{ node: Expression }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf(content),
      tie("node").map(not),
      fc.array(tie("node"), { minLength: 2, maxLength: 3 }).map(allOf),
      fc.array(tie("node"), { minLength: 2, maxLength: 3 }).map(anyOf),
    ),
  })).node;
}

export const expressions = tree(true);
/** Decided by the summary alone. */
export const summaryExpressions = tree(false);

/** Text made of what means something to the parser, and of anything else. */
export const hostileTexts: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "(",
        ")",
        "|",
        "||",
        "&",
        "-",
        "!",
        "~",
        '"',
        "'",
        "\\",
        ":",
        "*",
        "=",
        ">=",
        "<",
        " ",
        "[",
        "]",
        "{2,}",
        "+",
        "?",
      ),
      fc.constantFrom(
        "~m",
        "~bq",
        "~e",
        "is:",
        "status:",
        "age:<",
        "5m",
        "1e9",
        "9".repeat(30),
        "__proto__:",
        "constructor:x",
        "is:toString",
      ),
      fc.constantFrom(...knownKeys.map(({ key }) => `${key}:`), ...knownKeys.map(({ example }) => example)),
      fc.string({ unit: "binary", maxLength: 6 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));
