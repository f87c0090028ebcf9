/**
 * What JSON may be (RFC 8259) and what it may not, put together for this project. `either`: the standard leaves it to the
 * parser, or says nothing of bytes that are no UTF-8; whatever is done must be done without a throw.
 */
export type Verdict = "accept" | "refuse" | "either";

export interface JsonCase {
  readonly verdict: Verdict;
  readonly kind: string;
  /** Text, or bytes that are no UTF-8. */
  readonly text: string | Uint8Array;
}

const lines = (text: string): readonly string[] => text.trim().split("\n");
const words = (text: string): readonly string[] => text.trim().split(/\s+/);
const at = (code: number): string => String.fromCharCode(code);
const nested = (open: string, middle: string, close: string, depth: number): string =>
  `${open.repeat(depth)}${middle}${close.repeat(depth)}`;

const goodNumbers = words(`
0 -0 1 -1 9 10 123 -123 0.0 0.5 -0.5 1.0 1.50 0.1e1 0e0 0E0 0e+0 0e-0 1e5 1E5 1e+5 1e-5 -1e5 1.5e10 123e45 123.456e-78
9007199254740991 9007199254740992 9007199254740993 -9007199254740993 12345678901234567890 123456789012345678901234567890
0.1000000000000000055511151231257827 5e-324 1.7976931348623157e308
`);
/** Beyond what a double holds: RFC 8259 §6 lets parsers set limits. */
const wideNumbers = words(`
1e309 -1e309 1e400 -1e400 1e999999 1e-400 -1e-400 4.9e-325 1e-999999 0e999999
`).concat("1".repeat(400), `0.${"0".repeat(400)}1`, `1e${"0".repeat(400)}1`);
const badNumbers = words(`
+1 ++1 +-1 --1 - + 01 -01 00 -00 012 1. -1. .5 -.5 . 1.e1 .e1 1e 1e+ 1e- 1E 1ee5 1e5.5 1e+-5 1.2.3 1..2 0x1 0X1F 0b1 0o7 0.
1_000 1,0 1f 1d 1L 1n 1% $1 NaN nan -NaN Infinity -Infinity +Infinity inf -inf INF 1e1000x 1/2 1e٣ ١ １ ½ ∞ 1a 0a 2.e3 -e1 0e 0e+ 1eE2
`);

const literals = words("true false null");
const badLiterals = words(`
True TRUE tRue tru trues truefalse nul nulll NULL Null None nil undefined fals False FALSE void this t f n yes no on
`);

const goodStrings = [
  '""',
  '" "',
  '"a"',
  '"\\""',
  '"\\\\"',
  '"\\/"',
  '"/"',
  '"\\b\\f\\n\\r\\t"',
  '"\\u0000"',
  '"\\u001f"',
  '"\\u0022"',
  '"\\u005C"',
  '"\\u00e9"',
  '"\\u00E9"',
  '"\\u2028\\u2029"',
  '"\u2028\u2029"',
  '"\u007f"',
  '"\u0080\u009f"',
  '"\ufeff"',
  '"\\uFEFF"',
  '"\\ud83d\\ude00"',
  '"\\uD83D\\uDE00"',
  '"\u{1f600}"',
  '"\\uffff\\ufffe"',
  '"\uffff"',
  '"\u{10ffff}"',
  '"\\\\u0041"',
  '"\\\\"',
  '"[{,:}]"',
  '"// no comment"',
  '"/* none */"',
  '"\'"',
  '"\\u0061\\u30af\\u30EA"',
  '"e\\u0301"',
  '"\u202e"',
  `"${"x".repeat(20_000)}"`,
  `"${"\\u0000".repeat(500)}"`,
];
/** Half characters in escapes: RFC 8259 §8.2 calls what parsers make of them unpredictable. */
const halves = [
  '"\\ud800"',
  '"\\udfff"',
  '"\\ud800\\ud800"',
  '"\\ude00\\ud83d"',
  '"\\ud83dx"',
  '"x\\ude00"',
  '"\\ud83d\\n"',
  '"\\uD83D\\u0041"',
  '["\\udc00"]',
  '{"\\ud800":1}',
];
const badStrings = [
  '"',
  '"a',
  'a"',
  '"\\"',
  '"\\',
  '"\\\\\\"',
  '"\\x41"',
  '"\\a"',
  '"\\v"',
  '"\\0"',
  '"\\1"',
  '"\\\'"',
  '"\\e"',
  '"\\U0041"',
  '"\\u"',
  '"\\u0"',
  '"\\u00"',
  '"\\u004"',
  '"\\u00g1"',
  '"\\u+041"',
  '"\\u{41}"',
  '"\\u 041"',
  '"\\uD83D\\u"',
  '"\\uD83D\\u1"',
  '"\\\n"',
  '"\\\t"',
  '"\\\u00e5"',
  '"\\\u{1f600}"',
  ...Array.from({ length: 32 }, (_, code) => `"${at(code)}"`),
  "'a'",
  "'",
  "\u201ca\u201d",
  "`a`",
  "\\u0022a\\u0022",
  "a",
  "abc",
  '"a" "b"',
  '"a""b"',
  '"a"b',
  '"a"+"b"',
];

const goodStructures = [
  "[]",
  "{}",
  "[[]]",
  "[{}]",
  "[[],[]]",
  "[1]",
  "[1,2,3]",
  "[null]",
  '[""]',
  '[1,"a",null,true,{"a":[]}]',
  '{"":0}',
  '{"a":1}',
  '{"a":{}}',
  '{"a":[]}',
  '{"a":1,"b":2}',
  '{"a":{"b":{"c":{"d":{}}}}}',
  '{"a":1,"a":2}',
  '{"a":1,"a":1}',
  '{"a":{"x":1},"a":{"y":2}}',
  '{"model":"a","model":"b"}',
  '{"a":1,"\\u0061":2}',
  '{"__proto__":{"x":1}}',
  '{"__proto__":null,"__proto__":1}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1,"hasOwnProperty":2,"valueOf":3}',
  '{"length":-1,"0":1}',
  '{"\\u0000":1}',
  '{" ":1,"\\n":2}',
  '{"\u{1f600}":1}',
  '{"a.b":1,"[0]":2,"$ref":"#"}',
  `[${"1,".repeat(2_000)}1]`,
  `{${Array.from({ length: 500 }, (_, index) => `"k${index}":${index}`).join()}}`,
  nested("[", "", "]", 100),
  nested('{"a":', "1", "}", 100),
  nested('[{"a":', "null", "}]", 100),
];
const badStructures = [
  ...words('[ ] { } [[] []] {{} {}} [} {] ({}) (1) <1> [1 1] [1,] [,1] [,] [1,,2] [:] {,} {:} {"a"} {"a":} {"a":1,}'),
  ...words(
    '{:1} {"a"1} {"a",1} {"a"::1} {"a":1:2} {"a":1,,"b":2} {"a":1;"b":2} {"a"=1} {a:1} {1:1} {null:1} {[]:1} {{}:1}',
  ),
  ...words('{\'a\':1} {"a":\'b\'} [1;2] [1:2] ["a":1] {"a","b"} [,[]] [[],] {"a":[} {"a":[]]} [...1] {...a}'),
  "[1 2]",
  '{"a" "b"}',
  '{"a":1 "b":2}',
  '{"a":1,b:2}',
  '["a",\n4\n,1,',
  '["',
  '["a"',
  '{"',
  '{"a',
  '{"a"',
  '{"a":',
  '{"a":"',
  '{"a":1',
  '{"a":1,',
  "[1",
  "[1,",
  "[[[[[[1",
  "[true, fals",
  '{"a":tru}',
  "@{}",
  "{}@",
  "=1",
  "*",
  "&",
  "\\",
  "/",
  "#",
  "-[]",
  "!true",
  "function(){}",
  "new Date()",
  "{}.a",
  "[0][0]",
];

const trailing = [
  "1 2",
  "{}{}",
  "[][]",
  "{} {}",
  "[]x",
  "[]\u0000",
  "{}#",
  "{}//",
  "{}/**/",
  "{};",
  "{},",
  "[],",
  "null,",
  "truetrue",
  '"a",',
  '{"a":1}}',
  "[1]]",
  '{"a":1}"b"',
  "{}\n{}",
  "[1]\n2",
  "1\u2028",
  "{}\u00a0",
];

const comments = lines(`
// c
1 // c
// c 1
/* c */ 1
1 /* c */
[1 /* c */, 2]
{"a":1 // c }
# c
1 # c
<!-- c --> 1
{"a":/*c*/1}
--1
`);

const goodSpace = [
  " 1",
  "1 ",
  "\t1\t",
  "\n1\n",
  "\r1\r",
  "\r\n1\r\n",
  " \t\r\n1 \t\r\n",
  "[ ]",
  "{ }",
  " [ 1 , 2 ] ",
  ' { "a" : 1 , "b" : 2 } ',
  "[\n\t1\n]",
  `${" ".repeat(10_000)}1`,
];
const badSpace = [
  "",
  " ",
  "\n",
  "\t\r\n ",
  ...[0x00, 0x0b, 0x0c, 0x1f, 0x7f, 0x85, 0xa0, 0x1680, 0x2003, 0x2028, 0x2029, 0x202f, 0x3000, 0x200b, 0x2060].map(
    (code) => `${at(code)}1`,
  ),
  "[\u00a01]",
  "{\f}",
  "[1,\u000b2]",
  "1 \u00a0",
  "- 1",
  "1 .5",
  "1 e5",
  "tr ue",
  "\\n1",
];

const marks = ["\ufeff", "\ufeff1", "\ufeff{}", "\ufeff\ufeff[]", "{\ufeff}", "[]\ufeff", "\ufffe[]"];

/** Text that is no UTF-8: it reads as U+FFFD, or not at all. */
const brokenBytes = [
  [0x22, 0xff, 0x22],
  [0x22, 0xc3, 0x22],
  [0x22, 0xc3, 0x28, 0x22],
  [0x22, 0xe2, 0x82, 0x22],
  [0x22, 0xf0, 0x9f, 0x98, 0x22],
  [0x22, 0xed, 0xa0, 0x80, 0x22],
  [0x22, 0xc0, 0xaf, 0x22],
  [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
  [0x22, 0x80, 0xbf, 0x22],
  [0x22, 0xfe, 0xfe, 0x22],
  [0x5b, 0xff, 0x5d],
  [0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00],
  [0xfe, 0xff, 0x00, 0x5b, 0x00, 0x5d],
  [0x5b, 0x00, 0x5d, 0x00],
  [0xe9],
  [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
].map((bytes) => Uint8Array.from(bytes));

/** Deeper than anybody means: the standard lets parsers set limits, and ours is 256. */
const deep = [
  nested("[", "", "]", 257),
  nested('{"a":', "1", "}", 300),
  nested("[", "", "]", 5_000),
  nested('[{"a":', "1", "}]", 5_000),
  nested("[", "", "]", 100_000),
];
const deepAndBroken = ["[".repeat(100_000), '{"a":'.repeat(50_000), `${"[".repeat(1_000)}}`];

function cases(verdict: Verdict, kind: string, texts: readonly (string | Uint8Array)[]): readonly JsonCase[] {
  return texts.map((text) => ({ verdict, kind, text }));
}

export const jsonCorpus: readonly JsonCase[] = [
  ...cases("accept", "number", goodNumbers),
  ...cases("accept", "literal", literals),
  ...cases("accept", "string", goodStrings),
  ...cases("accept", "structure", goodStructures),
  ...cases("accept", "white space", goodSpace),
  ...cases("refuse", "number", badNumbers),
  ...cases("refuse", "literal", badLiterals),
  ...cases("refuse", "string", badStrings),
  ...cases("refuse", "structure", badStructures),
  ...cases("refuse", "trailing", trailing),
  ...cases("refuse", "comment", comments),
  ...cases("refuse", "white space", badSpace),
  ...cases("refuse", "byte order mark", marks),
  ...cases("refuse", "depth", deepAndBroken),
  ...cases("either", "number", wideNumbers),
  ...cases("either", "half character", halves),
  ...cases("either", "broken bytes", brokenBytes),
  ...cases("either", "depth", deep),
];

export function bytesOf({ text }: JsonCase): Buffer {
  return Buffer.from(text as string); // both kinds have a Buffer
}
