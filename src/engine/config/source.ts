/** The YAML text as a value, keeping the way back from a path in the value to line and column in the text. */
import { isMap, isSeq, LineCounter, parseDocument, type Document } from "yaml";
import { deepPlace, maxYamlDepth } from "./depth.ts";
import { pathText, type ConfigProblem, type Path } from "./problem.ts";

/** Larger than any hand-written configuration; a runaway file must not be read into memory. */
export const maxConfigBytes = 1024 * 1024;

export interface Source {
  readonly value: unknown;
  /** A problem at the value of `path`, or at its key. The nearest existing ancestor when the path itself is missing. */
  problem(path: Path, message: string, at?: "key" | "value"): ConfigProblem;
}

export type ReadResult =
  | { readonly ok: true; readonly source: Source }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export function readSource(text: string): ReadResult {
  if (Buffer.byteLength(text) > maxConfigBytes) {
    return { ok: false, problems: [whole(`the file is larger than ${maxConfigBytes / 1024 / 1024} MiB`)] };
  }
  const deep = deepPlace(text);
  if (deep !== null) {
    const line = text.slice(0, deep).split("\n").length;
    const column = deep - text.lastIndexOf("\n", deep - 1);
    return {
      ok: false,
      problems: [{ line, column, path: "", message: `not valid YAML: nested deeper than ${maxYamlDepth} levels` }],
    };
  }
  const lines = new LineCounter();
  // Its own warnings go to the process and quote the file: whatever matters is a problem here.
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: "error",
  });
  const problems = document.errors.map((error) => ({
    ...position(lines, error.pos[0]),
    path: "",
    message: `not valid YAML: ${error.message}`,
  }));
  if (problems.length > 0) return { ok: false, problems };
  try {
    // A file that is empty or all comments is the default configuration.
    const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
    return {
      ok: true,
      source: {
        value,
        problem: (path, message, at = "value") => ({
          ...position(lines, offsetOf(document, path, at)),
          path: pathText(path),
          message,
        }),
      },
    };
  } catch (error) {
    return { ok: false, problems: [whole(`not usable YAML: ${error instanceof Error ? error.message : "unknown"}`)] };
  }
}

function whole(message: string): ConfigProblem {
  return { line: 1, column: 1, path: "", message };
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function offsetOf(document: Document, path: Path, at: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item.key) === String(step));
      if (pair === undefined) return offset;
      offset = (last && at === "key" ? startOf(pair.key) : (startOf(pair.value) ?? startOf(pair.key))) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function keyText(key: unknown): string {
  return typeof key === "object" && key !== null && "value" in key ? String(key.value) : String(key);
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const start: unknown = node.range[0];
  return typeof start === "number" ? start : undefined;
}
