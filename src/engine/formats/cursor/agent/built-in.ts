/**
 * The tools that every Cursor client can run for its backend. Their names and schemas are ours: Cursor's own are its
 * backend's secret, and a model needs only to be told what there is. A call becomes one or more requests on the exec
 * channel, a card the user sees, and a text for the model.
 */
import { own } from "../../../../base/json.ts";
import type { Message } from "../wire/schema.ts";
import { sub, text } from "./fields.ts";
import { failed, type ToolText } from "./mcp.ts";
import {
  deleteText,
  diagnosticsText,
  fetchText,
  grepText,
  lsText,
  readText,
  shellText,
  writeText,
} from "./tool-text.ts";

export type Args = Readonly<Record<string, unknown>>;

/** The field of `AgentToolCall`. */
export type CardKind =
  | "shellToolCall"
  | "deleteToolCall"
  | "grepToolCall"
  | "readToolCall"
  | "editToolCall"
  | "lsToolCall"
  | "fetchToolCall"
  | "mcpToolCall";

export interface Finished {
  readonly tool: ToolText;
  /** The typed result on the card. */
  readonly card: Message;
}

export interface BuiltIn {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** It changes something: not offered in modes that only look. */
  readonly changes: boolean;
  readonly required: readonly string[];
  /** Null: the user sees no card of it. */
  readonly card: CardKind | null;
  cardArgs(args: Args, callId: string): Message;
  /** What the client is asked next, given its answers so far; null: that was all. Named by its field of the request. */
  ask(args: Args, answers: readonly Message[], callId: string): Message | null;
  /** `answers`: at least one. */
  finish(args: Args, answers: readonly Message[]): Finished;
  /** The card of a call that could not be made. */
  broken(args: Args, why: string): Message;
}

const textType = { type: "string" } as const;
const wholeType = { type: "integer" } as const;

function schema(
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[],
): Readonly<Record<string, unknown>> {
  return { type: "object", properties, required };
}

function textArg(args: Args, key: string): string {
  const value = own(args, key);
  return typeof value === "string" ? value : "";
}

function wholeArg(args: Args, key: string): number | null {
  const value = own(args, key);
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, Math.floor(value)) : null;
}

function given(key: string, value: unknown): Message {
  return value === null || value === undefined || value === "" ? {} : { [key]: value };
}

/** One request, whose result is the card's own. */
function once(answers: readonly Message[], request: Message): Message | null {
  return answers.length === 0 ? request : null;
}

const last = (answers: readonly Message[]): Message => answers[answers.length - 1] ?? {};

/** A command that waits for input waits for ever: nobody is there to type. */
const shellTimeoutMs = 120_000;

const shell: BuiltIn = {
  name: "shell",
  description:
    "Runs a command in the user's shell and returns its output. Not for commands that wait for input or never end.",
  parameters: schema(
    {
      command: { ...textType, description: "The command line" },
      working_directory: { ...textType, description: "An absolute path; the workspace's folder if left out" },
      timeout_ms: { ...wholeType, description: `How long it may take, ${shellTimeoutMs} if left out` },
    },
    ["command"],
  ),
  changes: true,
  required: ["command"],
  card: "shellToolCall",
  cardArgs: shellArgs,
  ask: (args, answers, callId) => once(answers, { shellArgs: shellArgs(args, callId) }),
  finish: (_, answers) => ({ tool: shellText(last(answers)), card: last(answers) }),
  broken: (args, why) => ({
    spawnError: {
      command: textArg(args, "command"),
      workingDirectory: textArg(args, "working_directory"),
      reason: why,
    },
  }),
};

function shellArgs(args: Args, callId: string): Message {
  return {
    command: textArg(args, "command"),
    workingDirectory: textArg(args, "working_directory"),
    timeout: wholeArg(args, "timeout_ms") ?? shellTimeoutMs,
    toolCallId: callId,
  };
}

const readFile: BuiltIn = {
  name: "read_file",
  description: "Reads a file of the workspace.",
  parameters: schema(
    {
      path: { ...textType, description: "An absolute path" },
      offset: { ...wholeType, description: "The first line, counted from 1" },
      limit: { ...wholeType, description: "How many lines" },
    },
    ["path"],
  ),
  changes: false,
  required: ["path"],
  card: "readToolCall",
  cardArgs: (args) => ({
    path: textArg(args, "path"),
    ...given("offset", wholeArg(args, "offset")),
    ...given("limit", wholeArg(args, "limit")),
  }),
  ask: (args, answers, callId) => once(answers, { readArgs: { path: textArg(args, "path"), toolCallId: callId } }),
  finish(args, answers) {
    const tool = readText(last(answers), { offset: wholeArg(args, "offset"), limit: wholeArg(args, "limit") });
    const success = sub(last(answers), "success");
    const words = wordsOf(tool);
    if (success === undefined || tool.isError) return { tool, card: { error: { error: words } } };
    return {
      tool,
      card: {
        success: {
          content: words,
          isEmpty: text(success, "content") === "",
          totalLines: own(success, "totalLines") ?? 0,
          path: textArg(args, "path"),
        },
      },
    };
  },
  broken: (_, why) => ({ error: { error: why } }),
};

const writeFile: BuiltIn = {
  name: "write_file",
  description: "Writes a whole file of the workspace, new or in place of what was there.",
  parameters: schema({ path: { ...textType, description: "An absolute path" }, content: textType }, [
    "path",
    "content",
  ]),
  changes: true,
  required: ["path", "content"],
  card: "editToolCall",
  cardArgs: (args) => ({ path: textArg(args, "path"), streamContent: textArg(args, "content") }),
  ask: (args, answers, callId) => once(answers, { writeArgs: writeArgs(args, textArg(args, "content"), callId) }),
  finish: (args, answers) => edited(args, last(answers), null, textArg(args, "content")),
  broken: brokenEdit,
};

const editFile: BuiltIn = {
  name: "edit_file",
  description: "Replaces one piece of text in a file. The old text must stand in the file exactly once.",
  parameters: schema(
    {
      path: { ...textType, description: "An absolute path" },
      old_text: { ...textType, description: "What stands there now, with enough around it to be unique" },
      new_text: textType,
    },
    ["path", "old_text", "new_text"],
  ),
  changes: true,
  required: ["path", "old_text", "new_text"],
  card: "editToolCall",
  cardArgs: (args) => ({ path: textArg(args, "path"), streamContent: textArg(args, "new_text") }),
  ask(args, answers, callId) {
    const [before] = answers;
    if (before === undefined) return { readArgs: { path: textArg(args, "path"), toolCallId: callId } };
    const after = replaced(args, before);
    return answers.length > 1 || !after.ok ? null : { writeArgs: writeArgs(args, after.content, callId) };
  },
  finish(args, answers) {
    const [before = {}, written] = answers;
    const after = replaced(args, before);
    if (!after.ok) return { tool: failed(after.why), card: brokenEdit(args, after.why) };
    return edited(args, written ?? {}, text(sub(before, "success"), "content"), after.content);
  },
  broken: brokenEdit,
};

type Replaced = { readonly ok: true; readonly content: string } | { readonly ok: false; readonly why: string };

function replaced(args: Args, read: Message): Replaced {
  const success = sub(read, "success");
  if (success === undefined) return { ok: false, why: wordsOf(readText(read, { offset: null, limit: null })) };
  // Written back from half a file, the other half would be gone.
  if (success["truncated"] === true || !Object.hasOwn(success, "content")) {
    return { ok: false, why: "The file could not be read whole, so it was not changed." };
  }
  const content = text(success, "content");
  const old = textArg(args, "old_text");
  const at = old === "" ? -1 : content.indexOf(old);
  if (at < 0) return { ok: false, why: "The old text does not stand in the file." };
  if (content.indexOf(old, at + 1) >= 0) return { ok: false, why: "The old text stands in the file more than once." };
  return { ok: true, content: content.slice(0, at) + textArg(args, "new_text") + content.slice(at + old.length) };
}

function writeArgs(args: Args, content: string, callId: string): Message {
  return { path: textArg(args, "path"), fileText: content, toolCallId: callId };
}

function edited(args: Args, written: Message, before: string | null, after: string): Finished {
  const tool = writeText(written);
  if (tool.isError) return { tool, card: brokenEdit(args, wordsOf(tool)) };
  const success = {
    path: textArg(args, "path"),
    ...given("beforeFullFileContent", before),
    afterFullFileContent: after,
  };
  return { tool, card: { success } };
}

function brokenEdit(args: Args, why: string): Message {
  return { error: { path: textArg(args, "path"), error: why } };
}

const deleteFile: BuiltIn = {
  name: "delete_file",
  description: "Deletes a file of the workspace.",
  parameters: schema({ path: { ...textType, description: "An absolute path" } }, ["path"]),
  changes: true,
  required: ["path"],
  card: "deleteToolCall",
  cardArgs: pathArgs,
  ask: (args, answers, callId) => once(answers, { deleteArgs: pathArgs(args, callId) }),
  finish: (_, answers) => ({ tool: deleteText(last(answers)), card: last(answers) }),
  broken: (args, why) => ({ error: { path: textArg(args, "path"), reason: why } }),
};

function pathArgs(args: Args, callId: string): Message {
  return { path: textArg(args, "path"), toolCallId: callId };
}

const grep: BuiltIn = {
  name: "grep",
  description: "Searches the workspace's files for a regular expression (ripgrep).",
  parameters: schema(
    {
      pattern: textType,
      path: { ...textType, description: "A file or folder; the workspace if left out" },
      glob: { ...textType, description: "Only files like this, as in *.ts" },
      output_mode: { type: "string", enum: ["content", "files_with_matches", "count"] },
      case_insensitive: { type: "boolean" },
      context: { ...wholeType, description: "Lines around each match" },
      head_limit: { ...wholeType, description: "At most so many lines" },
    },
    ["pattern"],
  ),
  changes: false,
  required: ["pattern"],
  card: "grepToolCall",
  cardArgs: grepArgs,
  ask: (args, answers, callId) => once(answers, { grepArgs: grepArgs(args, callId) }),
  finish: (_, answers) => ({ tool: grepText(last(answers)), card: last(answers) }),
  broken: (_, why) => ({ error: { error: why } }),
};

function grepArgs(args: Args, callId: string): Message {
  return {
    pattern: textArg(args, "pattern"),
    ...given("path", textArg(args, "path")),
    ...given("glob", textArg(args, "glob")),
    outputMode: textArg(args, "output_mode") || "content",
    ...(args["case_insensitive"] === true ? { caseInsensitive: true } : {}),
    ...given("context", wholeArg(args, "context")),
    ...given("headLimit", wholeArg(args, "head_limit")),
    toolCallId: callId,
  };
}

const listDir: BuiltIn = {
  name: "list_dir",
  description: "Lists a folder of the workspace as a tree.",
  parameters: schema({ path: { ...textType, description: "An absolute path" } }, ["path"]),
  changes: false,
  required: ["path"],
  card: "lsToolCall",
  cardArgs: lsArgs,
  ask: (args, answers, callId) => once(answers, { lsArgs: lsArgs(args, callId) }),
  finish: (_, answers) => ({ tool: lsText(last(answers)), card: last(answers) }),
  broken: (args, why) => ({ error: { path: textArg(args, "path"), reason: why } }),
};

function lsArgs(args: Args, callId: string): Message {
  return { path: textArg(args, "path"), toolCallId: callId };
}

const fetchUrl: BuiltIn = {
  name: "fetch_url",
  description: "Fetches a page of the web and returns its text.",
  parameters: schema({ url: textType }, ["url"]),
  changes: false,
  required: ["url"],
  card: "fetchToolCall",
  cardArgs: (args, callId) => ({ url: textArg(args, "url"), toolCallId: callId }),
  ask: (args, answers, callId) => once(answers, { fetchArgs: { url: textArg(args, "url"), toolCallId: callId } }),
  finish: (_, answers) => ({ tool: fetchText(last(answers)), card: last(answers) }),
  broken: (args, why) => ({ error: { url: textArg(args, "url"), error: why } }),
};

const diagnostics: BuiltIn = {
  name: "diagnostics",
  description: "What the editor's language servers and linters say about a file.",
  parameters: schema({ path: { ...textType, description: "An absolute path" } }, ["path"]),
  changes: false,
  required: ["path"],
  // Its card has another shape than its result, and only half of it is known.
  card: null,
  cardArgs: pathArgs,
  ask: (args, answers, callId) => once(answers, { diagnosticsArgs: pathArgs(args, callId) }),
  finish: (_, answers) => ({ tool: diagnosticsText(last(answers)), card: {} }),
  broken: () => ({}),
};

export const builtIns: readonly BuiltIn[] = [
  shell,
  readFile,
  writeFile,
  editFile,
  deleteFile,
  grep,
  listDir,
  fetchUrl,
  diagnostics,
];

/** The words alone, for cards. */
export function wordsOf({ parts }: ToolText): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : ["(a picture)"])).join("\n");
}

/** An answer on the exec channel, by the field it comes in. */
export const resultFields = [
  "shellResult",
  "writeResult",
  "deleteResult",
  "grepResult",
  "readResult",
  "lsResult",
  "diagnosticsResult",
  "requestContextResult",
  "mcpResult",
  "fetchResult",
] as const;
