/** The filter of a command: its words, `--filter`, and the shorthands, all of which must fit. */
import { allOf, caretPicture, type Expression, type Filter, filterOf, parseFilter } from "../base/filter/index.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

export interface FilterArguments {
  /** Arguments without a flag: one filter in pieces, as the shell cut it. */
  readonly words?: readonly string[];
  readonly filter?: string | undefined;
  readonly client?: string | undefined;
  readonly host?: string | undefined;
  readonly status?: string | undefined;
  readonly action?: string | undefined;
}

/** @throws CommandFailure with exit code 2 and a picture of the mistake */
export function filterFrom(options: FilterArguments): Filter {
  const { words = [], filter, client, host, status, action } = options;
  requireNoOptions(words);
  return filterOf(
    allOf([
      read(words.join(" ")),
      read(filter ?? ""),
      ...(client === undefined ? [] : [exactly("client", client)]),
      ...(host === undefined ? [] : [hostOrBelow(host)]),
      ...(status === undefined ? [] : [read(`status:${status}`)]),
      ...(action === undefined ? [] : [read(`action:${action}`)]),
    ]),
  );
}

function read(text: string): Expression {
  const parsed = parseFilter(text);
  if (parsed.ok) return parsed.expression;
  throw new CommandFailure(
    exitCodes.usage,
    `the filter cannot be read\n\n${indented(caretPicture(text, parsed.problem))}\n`,
    {
      next: "switchyard flows list --help",
    },
  );
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join("\n");
}

function exactly(key: "client", text: string): Expression {
  return { type: "text", key, match: { how: "equals", text } };
}

/** `openai.com` and `eu.api.openai.com`, not `notopenai.com`. */
function hostOrBelow(host: string): Expression {
  const literal = host.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return { type: "text", key: "host", match: { how: "pattern", text: `(^|\\.)${literal}$` } };
}

/**
 * `-status:200` is a filter and no option; what begins with two dashes was meant as one.
 * @throws CommandFailure with exit code 2
 */
function requireNoOptions(words: readonly string[]): void {
  const option = words.find((word) => word.startsWith("--") && word.length > 2);
  if (option === undefined) return;
  throw new CommandFailure(exitCodes.usage, `unknown option "${option.split("=", 1)[0] ?? option}"`, {
    next: "switchyard flows list --help",
  });
}
