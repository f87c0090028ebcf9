import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { editConfig } from "./edit.ts";
import type { LoadOptions } from "./load.ts";
import type { Path } from "./problem.ts";

const options: LoadOptions = { path: "/c/config.yaml", env: { HOME: "/h", KEY: "sk-0123456789abcdef" } };

function edited(text: string, path: Path, value: unknown): string {
  const result = editConfig(text, path, value, options);
  if (!result.ok) throw new Error(result.message);
  return result.text;
}

function refusal(text: string, path: Path, value: unknown): string {
  const result = editConfig(text, path, value, options);
  return result.ok ? `ok: ${result.text}` : result.message;
}

const file = `# mine
listen: { host: 127.0.0.1,   port: 8317 }   # loopback

# who I am
accounts:
  # the good one
  - { provider: claude,  name: work, api_key: "\${KEY}" }   # paid
  - provider: openai # spare
    name: spare
    api_key: 'sk-literal'

# settings, tuned
settings:
  usage_buffer:   2000   # as it was
  bypass: true
  # the filter
  ip_filter:
    mode: off # for now
    list: []

# the end
`;

describe("an edit", () => {
  it("changes one value and leaves the other sections byte for byte", () => {
    const text = edited(file, ["settings", "usage_buffer"], 5);
    expect(text).toContain("usage_buffer: 5 # as it was");
    expect(text.slice(0, text.indexOf("settings:"))).toBe(file.slice(0, file.indexOf("settings:")));
    expect(text).toContain("# the end");
  });
  it("gives the very same text when there is nothing to change", () => {
    expect(edited(file, ["settings", "usage_buffer"], 2000)).toBe(file);
    expect(edited(file, ["settings", "dedupe"], undefined)).toBe(file);
  });
  it("makes the maps that are missing, in an empty file too", () => {
    expect(parse(edited("", ["settings", "ip_filter", "mode"], "deny"))).toEqual({
      settings: { ip_filter: { mode: "deny" } },
    });
    const text = edited("# only words\n", ["settings", "bypass"], false);
    expect(text).toContain("# only words");
    expect(parse(text)).toEqual({ settings: { bypass: false } });
    expect(parse(edited("settings: # none yet\n", ["settings", "bypass"], false))).toEqual({
      settings: { bypass: false },
    });
    expect(edited(file, ["aliases", "fast"], "openai/gpt-5")).toMatch(/^aliases:\n {2}fast: openai\/gpt-5$/m);
  });
  it("appends to a list, and nowhere else", () => {
    const block = { provider: "gemini", name: "g", api_key: "${KEY}" };
    expect(parse(edited(file, ["accounts", 2], block)).accounts).toHaveLength(3);
    expect(refusal(file, ["accounts", 7], block)).toContain("accounts is a list of 2");
    expect(refusal(file, ["settings", "bypass", "x"], 1)).toContain("holds a single value");
  });
  it("takes a value out, and keeps what is said before the next one", () => {
    const text = edited(file, ["settings", "bypass"], undefined);
    expect(parse(text).settings).toEqual({ usage_buffer: 2000, ip_filter: { mode: "off", list: [] } });
    for (const words of ["# as it was", "# the filter", "# for now", "# the end"]) expect(text).toContain(words);
    const without = edited(file, ["accounts", 0], undefined);
    expect(without).toContain("# the good one");
    expect(without).not.toContain("# paid");
    const gone = edited(file, ["settings"], undefined);
    expect(gone).toContain("# settings, tuned");
    expect(gone).toContain("# the end");
    expect(edited(file, ["listen"], undefined)).toContain("# mine");
  });
  it("keeps the comments of what stays when a whole section is given", () => {
    const text = edited(file, ["settings", "ip_filter"], { mode: "deny", list: ["10.0.0.0/8"] });
    expect(text).toContain("mode: deny # for now");
    expect(text).toContain("# the filter");
    expect(parse(text).settings.ip_filter).toEqual({ mode: "deny", list: ["10.0.0.0/8"] });
  });
  it("keeps quotes, anchors and Windows line endings", () => {
    expect(edited(file, ["accounts", 1, "api_key"], "sk-other")).toContain("'sk-other'");
    const shared =
      "accounts:\n  - { provider: claude, name: a, api_key: &k sk-1 }\n  - { provider: openai, name: b, api_key: *k }\n";
    const text = edited(shared, ["accounts", 1, "priority"], 3);
    expect(text).toContain("&k sk-1");
    expect(text).toContain("*k");
    const windows = edited(file.replaceAll("\n", "\r\n"), ["settings", "bypass"], false);
    expect(windows.replaceAll("\r\n", "").includes("\n")).toBe(false);
    expect(windows.replaceAll("\r\n", "\n")).toBe(edited(file, ["settings", "bypass"], false));
  });
});

describe("an edit is refused", () => {
  it("when the file would not load, with the reason", () => {
    expect(refusal(file, ["settings", "usage_bufer"], 1)).toContain('did you mean "usage_buffer"?');
    expect(refusal(file, ["settings", "ip_filter", "list", 0], "nonsense")).toContain('"nonsense" is no address');
    expect(refusal(file, ["accounts", 0, "provider"], "cluade")).toContain('did you mean "claude"?');
    expect(refusal("listen: {", ["settings", "bypass"], true)).toContain("is not valid as it is");
  });
  it("when another place shares the value", () => {
    const shared =
      "accounts:\n  - { provider: claude, name: a, api_key: &k sk-1 }\n  - { provider: openai, name: b, api_key: *k }\n";
    expect(refusal(shared, ["accounts", 0, "api_key"], "sk-2")).toContain("edit the file by hand");
    expect(refusal(shared, ["accounts", 0, "api_key"], undefined)).toContain("edit the file by hand");
    const map = "providers:\n  a: &p { type: openai-compatible, endpoint: http://127.0.0.1:1 }\n  b: *p\n";
    expect(refusal(map, ["providers", "b", "enabled"], false)).toContain("edit the file by hand");
  });
  it("without saying a key", () => {
    const text = "accounts:\n  - { provider: claude, name: a, api_key: sk-very-secret-value }\n";
    expect(refusal(text, ["accounts", 0, "provider"], "x")).not.toContain("sk-very");
  });
});

describe("any edit of any commented file", () => {
  const word = fc.constantFrom("a", "b", "c", "d", "e");
  const comment = fc.option(fc.constantFrom("one", "two words", "# three", "four: 4", "- five"), { nil: null });
  /** A block of mappings with comments before and behind its lines, as lines. */
  const block = (depth: number, indent: string): fc.Arbitrary<readonly string[]> =>
    fc
      .uniqueArray(
        fc.record({ key: word, before: comment, behind: comment, blank: fc.boolean(), kind: fc.nat(4), n: fc.nat(9) }),
        {
          selector: ({ key }) => key,
          minLength: 1,
          maxLength: 4,
        },
      )
      .chain((rows) =>
        fc
          .tuple(
            ...rows.map((row) => (depth > 0 && row.kind === 0 ? block(depth - 1, `${indent}  `) : fc.constant(null))),
          )
          .map((children) =>
            rows.flatMap((row, index) => {
              const child = children[index] ?? null;
              const behind = row.behind === null ? "" : ` # ${row.behind}`;
              const scalar =
                [`${row.n}`, `"t${row.n}"`, `plain text`, `[1,   ${row.n}]`, `{ x: ${row.n},  y: 2 }`][row.kind] ?? "1";
              return [
                ...(row.blank ? [""] : []),
                ...(row.before === null ? [] : [`${indent}# ${row.before}`]),
                child === null ? `${indent}${row.key}:   ${scalar}${behind}` : `${indent}${row.key}:${behind}`,
                ...(child ?? []),
              ];
            }),
          ),
      );
  // Loads whatever is in it: only the text is looked at here.
  const anything = block(2, "  ").map((lines) => `gateway: # top\n${lines.join("\n")}\n\n# tail\n`);
  const value = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 12 }), fc.constantFrom(["x"], { p: 1 }));
  const comments = (text: string): readonly string[] =>
    text
      .split("\n")
      .flatMap((line) =>
        /(?:^|\s)(#.*)$/.exec(line)?.[1] === undefined ? [] : [(/(?:^|\s)(#.*)$/.exec(line)?.[1] ?? "").trim()],
      )
      .toSorted();

  it("keeps every other value and every comment", () => {
    let done = 0;
    fc.assert(
      fc.property(anything, fc.array(word, { minLength: 1, maxLength: 3 }), value, (text, steps, wanted) => {
        fc.pre(typeof wanted !== "string" || !wanted.includes("#"));
        const path = ["gateway", ...steps];
        const result = editConfig(text, path, wanted, options);
        if (!result.ok) {
          expect(result.message).toMatch(/holds a single|is no place/);
          return;
        }
        done += 1;
        const document = parseDocument(result.text);
        expect(document.errors).toEqual([]);
        const before = parse(text) as { gateway: unknown };
        const after = document.toJS() as { gateway: unknown };
        expect(at(after, path)).toEqual(wanted);
        expect(without(after, path)).toEqual(without(before, path));
        expect(comments(result.text)).toEqual(comments(text));
      }),
      { numRuns: 80 },
    );
    expect(done).toBeGreaterThan(30);
  });

  it("keeps all comments outside of what is taken out", () => {
    let done = 0;
    fc.assert(
      fc.property(anything, word, (text, step) => {
        const path = ["gateway", step];
        const result = editConfig(text, path, undefined, options);
        if (!result.ok) throw new Error(result.message);
        done += 1;
        expect(without(parse(result.text), path)).toEqual(without(parse(text), path));
        expect(result.text).toContain("# top");
        expect(result.text).toContain("# tail");
      }),
      { numRuns: 80 },
    );
    expect(done).toBe(80);
  });
});

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((here, step) => (here as Record<string, unknown> | undefined)?.[step], value);
}

/** The value with one place taken out, and maps that are empty without it. */
function without(value: unknown, [step, ...rest]: Path): unknown {
  if (typeof value !== "object" || value === null || step === undefined) return undefined;
  const copy: Record<string, unknown> = { ...value };
  const inner = rest.length === 0 ? undefined : without(copy[step], rest);
  delete copy[step];
  return inner === undefined ? (Object.keys(copy).length === 0 ? undefined : copy) : { ...copy, [step]: inner };
}
