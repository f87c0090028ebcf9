/** The atoms of the configuration file's schema: each names what is wrong in words of its own, never the value itself. */
import * as v from "valibot";

export const name = v.pipe(
  v.string("a name must be text"),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "names are letters, digits, dot, dash and underscore (at most 64)"),
);
export const text = v.pipe(
  v.string("must be text"),
  v.minLength(1, "must not be empty"),
  v.maxLength(4096, "is too long"),
);
export const glob = v.pipe(
  v.string('must be a pattern in text, such as "claude-*"'),
  v.minLength(1, "must not be empty"),
  v.maxLength(512, "is longer than 512 characters"),
);
export const flag = v.boolean("must be true or false");
export const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.number("must be a number"),
    v.integer("must be a whole number"),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
export const choice = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `must be one of: ${options.join(", ")}`);
export const ms = wholeNumber(1, 86_400_000);
export const priority = wholeNumber(0, 1_000_000);
export const weight = wholeNumber(0, 1_000_000);

/** A value that may stand in an environment variable or in a file of its own. */
export const secret = v.union(
  [v.pipe(v.string(), v.minLength(1)), v.object({ file: text })],
  'must be text, "${NAME_OF_A_VARIABLE}", or {file: path}',
);

/** A model as it is called upstream, and the name that clients use for it. */
export const modelNames = v.array(v.object({ name: text, alias: v.optional(text) }), "must be a list");
export const globs = v.array(glob, "must be a list of patterns");
