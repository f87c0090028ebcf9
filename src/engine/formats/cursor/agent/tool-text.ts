/** What the client says a tool did, in words for the model. */
import type { Message } from "../wire/schema.ts";
import { bytes, count, entries, flag, list, sub, text, textList, whichOf } from "./fields.ts";
import { failed, type ToolText } from "./mcp.ts";

/** Far more than a model reads well; an output without end must not become a request without end. */
const maxTextLength = 400_000;

export function said(words: string, isError = false): ToolText {
  const cut = words.length > maxTextLength;
  const kept = cut ? `${words.slice(0, maxTextLength)}\n[cut: ${words.length - maxTextLength} more characters]` : words;
  return { parts: [{ type: "text", text: kept }], isError };
}

export function shellText(result: Message): ToolText {
  const success = sub(result, "success");
  if (success !== undefined) return said(outputOf(success));
  const failure = sub(result, "failure");
  if (failure !== undefined) {
    const aborted = flag(failure, "aborted") ? "The command was aborted.\n" : "";
    return said(`${aborted}${outputOf(failure)}`, true);
  }
  const timeout = sub(result, "timeout");
  if (timeout !== undefined) return failed(`The command did not end within ${count(timeout, "timeoutMs")} ms.`);
  return refused(result, "The command could not be run.");
}

function outputOf(done: Message): string {
  const both = text(done, "interleavedOutput");
  const output =
    both === "" ? [text(done, "stdout"), text(done, "stderr")].filter((part) => part !== "").join("\n") : both;
  const signal = text(done, "signal");
  const ended = signal === "" ? `exit code ${count(done, "exitCode")}` : `ended by ${signal}`;
  return output === "" ? `(no output, ${ended})` : `${output}${output.endsWith("\n") ? "" : "\n"}(${ended})`;
}

export interface LineRange {
  /** From 1. */
  readonly offset: number | null;
  readonly limit: number | null;
}

export function readText(result: Message, range: LineRange): ToolText {
  const success = sub(result, "success");
  if (success === undefined) return refused(result, "The file could not be read.");
  const data = bytes(success, "data");
  if (data.byteLength > 0) return pictureOr(data);
  if (!Object.hasOwn(success, "content") && bytes(success, "outputBlobId").byteLength > 0) {
    return failed("The file is too large, and the client does not have it any more; read it with the shell, in parts.");
  }
  const content = text(success, "content");
  const shown = linesOf(content, range);
  const truncated = flag(success, "truncated")
    ? `\n[cut by the editor: the file has ${count(success, "totalLines")} lines]`
    : "";
  return said(shown === "" ? "(the file is empty)" : `${shown}${truncated}`);
}

export function linesOf(content: string, { offset, limit }: LineRange): string {
  if (offset === null && limit === null) return content;
  const lines = content.split("\n");
  const from = Math.max(0, (offset ?? 1) - 1);
  return lines.slice(from, limit === null ? undefined : from + limit).join("\n");
}

const pictures: readonly (readonly [string, readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46]],
];

function pictureOr(data: Uint8Array): ToolText {
  const mediaType = pictureType(data);
  if (mediaType === null) return said(`(a binary file of ${data.byteLength} bytes)`);
  const source = { kind: "base64", mediaType, data: Buffer.from(data).toString("base64") } as const;
  return { parts: [{ type: "image", source }], isError: false };
}

/** By its first bytes; null where it is none that models take. */
export function pictureType(data: Uint8Array): string | null {
  return pictures.find(([, magic]) => magic.every((byte, index) => data[index] === byte))?.[0] ?? null;
}

export function writeText(result: Message): ToolText {
  const success = sub(result, "success");
  if (success === undefined) return refused(result, "The file could not be written.");
  return said(`Wrote ${text(success, "path")} (${count(success, "linesCreated")} lines).`);
}

export function deleteText(result: Message): ToolText {
  const success = sub(result, "success");
  if (success === undefined) return refused(result, "The file could not be deleted.");
  return said(`Deleted ${text(success, "path") || text(success, "deletedFile")}.`);
}

export function lsText(result: Message): ToolText {
  const late = sub(result, "timeout");
  const root = sub(sub(result, "success") ?? late, "directoryTreeRoot");
  if (root === undefined) return refused(result, "The folder could not be listed.");
  const lines: string[] = [];
  listNode(root, 0, lines);
  return said(`${lines.join("\n")}${late === undefined ? "" : "\n[incomplete: it took too long]"}`);
}

function listNode(node: Message, depth: number, lines: string[]): void {
  const indent = "  ".repeat(depth);
  const path = text(node, "absPath");
  const name = depth === 0 ? path : (path.split(/[\\/]/).pop() ?? path);
  const hidden = flag(node, "childrenWereProcessed") ? "" : ` (${count(node, "numFiles")} files, not listed)`;
  lines.push(`${indent}${name}/${hidden}`);
  for (const child of list(node, "childrenDirs")) listNode(child, depth + 1, lines);
  for (const file of list(node, "childrenFiles")) lines.push(`${indent}  ${text(file, "name")}`);
}

export function grepText(result: Message): ToolText {
  const success = sub(result, "success");
  if (success === undefined) return refused(result, "The search failed.");
  const editor = sub(success, "activeEditorResult");
  const found = [
    ...entries(success, "workspaceResults").map(([, union]) => union),
    ...(editor === undefined ? [] : [editor]),
  ];
  const lines = found.flatMap(grepLines);
  return said(lines.length === 0 ? "(no matches)" : lines.join("\n"));
}

function grepLines(union: Message): readonly string[] {
  const counted = list(sub(union, "count"), "counts").map((one) => `${text(one, "file")}: ${count(one, "count")}`);
  const files = textList(sub(union, "files"), "files");
  const matched = list(sub(union, "content"), "matches").flatMap((match) =>
    list(match, "matches").map((line) => {
      const mark = flag(line, "isContextLine") ? "-" : ":";
      return `${text(match, "file")}${mark}${count(line, "lineNumber")}${mark}${text(line, "content")}`;
    }),
  );
  const cut = ["files", "content"].some((kind) => {
    const part = sub(union, kind);
    return flag(part, "clientTruncated") || flag(part, "ripgrepTruncated");
  });
  return [...counted, ...files, ...matched, ...(cut ? ["[more matches than are shown]"] : [])];
}

export function fetchText(result: Message): ToolText {
  const success = sub(result, "success");
  if (success === undefined) return refused(result, "The page could not be fetched.");
  const status = count(success, "statusCode");
  return said(`${status > 0 ? `HTTP ${status}\n` : ""}${text(success, "content")}`, status >= 400);
}

const severities = ["", "error", "warning", "information", "hint"] as const;

export function diagnosticsText(result: Message): ToolText {
  const success = sub(result, "success");
  if (success === undefined) return refused(result, "The diagnostics could not be read.");
  const lines = list(success, "diagnostics").map((one) => {
    const start = sub(sub(one, "range"), "start");
    const place = start === undefined ? "" : `line ${count(start, "line")}: `;
    return `${place}${severities[count(one, "severity")] ?? ""} ${text(one, "message")}`.trim();
  });
  return said(lines.length === 0 ? `No diagnostics for ${text(success, "path")}.` : lines.join("\n"));
}

const refusals: Readonly<Record<string, string>> = {
  rejected: "The user declined this call.",
  permissionDenied: "Permission denied.",
  fileNotFound: "There is no such file.",
  notFile: "This is not a file.",
  fileBusy: "The file is in use.",
  noSpace: "There is no space left.",
  invalidFile: "The file cannot be read as text.",
  spawnError: "The command could not be started.",
  error: "It failed.",
};

/** The kinds of "no" that the result messages share. */
function refused(result: Message, otherwise: string): ToolText {
  const kind = whichOf(result, Object.keys(refusals));
  if (kind === null) return failed(otherwise);
  const inner = sub(result, kind);
  const why = [text(inner, "path"), text(inner, "url"), text(inner, "reason") || text(inner, "error")];
  return failed([refusals[kind], ...why].filter((part) => part !== undefined && part !== "").join(" "));
}
