/**
 * One value of a configuration's text changed, and nothing else: the other sections stay byte for byte, comments, order
 * and anchors stay everywhere. The new text is loaded before it is given out: an edit that makes the file invalid, loses
 * a comment or changes another value is refused.
 */
import { isDeepStrictEqual } from "node:util";
import { isMap, isNode, isScalar, Lexer, parseDocument, type Document } from "yaml";
import { own, setOwn } from "../../base/json.ts";
import { changeList, type Hindrance, type ListChange, removeValue, setValue } from "./edit-node.ts";
import { parseConfig, type LoadOptions } from "./load.ts";
import { pathText, problemText, type ConfigProblem, type Path } from "./problem.ts";
import { readSource } from "./source.ts";

export type EditResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string; readonly problems: readonly ConfigProblem[] };

/** @param value undefined takes it out */
export function editConfig(text: string, path: Path, value: unknown, options: LoadOptions): EditResult {
  return change(text, path, options, {
    wanted: (old) => changed(old, path, value),
    write(document) {
      if (value !== undefined) return setValue(document, path, value);
      removeValue(document, path);
      return null;
    },
    removed: value === undefined ? path : null,
  });
}

/** Entries of a list put in or moved, with their comments. */
export function editConfigList(text: string, path: Path, list: ListChange, options: LoadOptions): EditResult {
  const size = sizeAt(text, path);
  const places = list.type === "insert" ? [list.at] : [list.from + 1, list.to + 1];
  if (places.some((place) => place > size)) return refused(`${pathText(path)} is a list of ${size}`);
  return change(text, path, options, {
    wanted: (old) => changed(old, path, changedList(valueAt(old, path), list)),
    write: (document) => changeList(document, path, list),
    removed: null,
  });
}

interface Change {
  /** The whole value that the file is to hold. */
  readonly wanted: (old: unknown) => unknown;
  readonly write: (document: Document) => Hindrance;
  /** The comments inside this may go. */
  readonly removed: Path | null;
}

function change(text: string, path: Path, options: LoadOptions, { wanted, write, removed }: Change): EditResult {
  const where = pathText(path);
  if (path.length === 0) return refused("name what to change");
  if (path.some((step) => step === "__proto__")) return refused(`${where} is no name`);
  const before = readSource(text);
  if (!before.ok) return refused("the file is not valid as it is; mend it first", before.problems);
  const lines = lineEndings(text);
  const old = plain(before.source.value);
  const after = wanted(old);
  if (isDeepStrictEqual(after, old)) return { ok: true, text };
  const edited = edit(lines.plain, path, write);
  if (!edited.ok) return refused(`${where} cannot be changed: ${edited.why}`);
  const fitting = edited.texts.find((each) => holds(each, after) && keepsComments(lines.plain, each, removed));
  if (fitting === undefined) {
    return refused(`${where} cannot be changed without touching other values or comments; edit the file by hand`);
  }
  const written = lines.restore(fitting);
  const loaded = parseConfig(written, options);
  if (loaded.ok) return { ok: true, text: written };
  const first = loaded.problems[0];
  const why = first === undefined ? "" : `: ${problemText(options.path, first)}`;
  return refused(`the file would not be valid with this change${why}`, loaded.problems);
}

function refused(message: string, problems: readonly ConfigProblem[] = []): EditResult {
  return { ok: false, message, problems };
}

type Edited = { readonly ok: true; readonly texts: readonly string[] } | { readonly ok: false; readonly why: string };

/** The new text, best first: only the section that changed written anew, or all of it. */
function edit(text: string, path: Path, write: Change["write"]): Edited {
  const document = parseDocument(text);
  try {
    const why = write(document);
    if (why !== null) return { ok: false, why };
    // Long lines are people's own choice.
    const whole = document.toString({ lineWidth: 0 });
    const spliced = splice(text, whole, String(path[0]));
    return { ok: true, texts: spliced === null ? [whole] : [spliced, whole] };
  } catch {
    // The library throws where an alias has lost what it stands for.
    return { ok: false, why: "another part of the file refers to it (&name, *name); edit the file by hand" };
  }
}

/** Both texts cut at the keys of the top level, and only the part around `key` taken from the new one. */
function splice(text: string, whole: string, key: string): string | null {
  const old = cuts(text);
  const fresh = cuts(whole);
  if (old === null || fresh === null) return null;
  const oldIndex = old.findIndex((each) => each.key === key);
  const freshIndex = fresh.findIndex((each) => each.key === key);
  const index = oldIndex >= 0 ? oldIndex : freshIndex;
  // What is new or gone touches the section before it, whose tail holds the comments in between.
  const from = oldIndex >= 0 && freshIndex >= 0 ? index : index - 1;
  const next = old[index + (oldIndex >= 0 ? 1 : 0)]?.key;
  const part = whole.slice(startOf(fresh, from), next === undefined ? whole.length : at(fresh, next));
  const head = text.slice(0, startOf(old, from));
  const tail = next === undefined ? "" : text.slice(at(old, next));
  return head + part + tail;
}

interface Cut {
  readonly key: string;
  readonly offset: number;
}

function cuts(text: string): readonly Cut[] | null {
  const { contents }: Document = parseDocument(text);
  if (!isMap(contents) || contents.flow === true) return null;
  const found: Cut[] = [];
  for (const { key } of contents.items) {
    const offset = rangeOf(key)?.[0];
    if (offset === undefined || (offset > 0 && text[offset - 1] !== "\n")) return null;
    found.push({ key: String(isScalar(key) ? key.value : key), offset });
  }
  return found;
}

function startOf(all: readonly Cut[], index: number): number {
  return index < 0 ? 0 : (all[index]?.offset ?? 0);
}

function at(all: readonly Cut[], key: string): number {
  return all.find((each) => each.key === key)?.offset ?? 0;
}

function holds(text: string, wanted: unknown): boolean {
  const read = readSource(text);
  return read.ok && isDeepStrictEqual(plain(read.source.value), wanted);
}

/** Every comment is still there; with `removed`, those inside what was taken out may be gone. */
function keepsComments(before: string, after: string, removed: Path | null): boolean {
  const left = new Map<string, number>();
  for (const comment of commentsOf(after)) left.set(comment, (left.get(comment) ?? 0) + 1);
  const inside = removed === null ? "" : sourceOf(before, removed);
  return commentsOf(before).every((comment) => {
    const count = left.get(comment) ?? 0;
    if (count === 0) return inside.includes(comment);
    left.set(comment, count - 1);
    return true;
  });
}

function commentsOf(text: string): readonly string[] {
  const found: string[] = [];
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    // This control character announces a scalar, which may begin with the sign of a comment.
    if (token.startsWith("#") && !isScalar) found.push(token.trim());
    isScalar = token === "\u001f";
  }
  return found;
}

/** The text of an entry, from its key to the end of its last line. */
function sourceOf(text: string, path: Path): string {
  const document = parseDocument(text);
  const node = document.getIn(path, true);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const key = isMap(parent) ? parent.items.find(({ value }) => value === node)?.key : node;
  const start = rangeOf(key)?.[0];
  const last = rangeOf(node)?.[2] ?? 0;
  const end = text.indexOf("\n", last);
  return start === undefined ? "" : text.slice(start, end < 0 ? text.length : end);
}

function rangeOf(node: unknown): readonly number[] | undefined {
  return isNode(node) ? (node.range ?? undefined) : undefined;
}

/** As JSON would keep it: aliases become copies, so that a change of one is seen to leave the others. */
function plain(value: unknown): unknown {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The value that the file is to hold. */
function changed(old: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return plain(value);
  if (value === undefined && (typeof old !== "object" || old === null || !Object.hasOwn(old, step))) return old;
  if (typeof step === "number" && (Array.isArray(old) || old === null || old === undefined)) {
    const list: unknown[] = Array.isArray(old) ? [...old] : [];
    if (value === undefined && rest.length === 0) list.splice(step, 1);
    else list[step] = changed(list[step], rest, value);
    return list;
  }
  const map: Record<string, unknown> = typeof old === "object" && old !== null ? { ...old } : {};
  if (value === undefined && rest.length === 0) delete map[step];
  else setOwn(map, String(step), changed(own(map, String(step)), rest, value));
  return map;
}

function sizeAt(text: string, path: Path): number {
  const read = readSource(text);
  const list = read.ok ? valueAt(read.source.value, path) : undefined;
  return Array.isArray(list) ? list.length : 0;
}

function changedList(old: unknown, change: ListChange): unknown {
  const list: unknown[] = Array.isArray(old) ? [...old] : [];
  if (change.type === "insert") list.splice(change.at, 0, change.value);
  else list.splice(change.to, 0, ...list.splice(change.from, 1));
  return list;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** Files of other systems keep their line endings, and the mark that some editors put first. */
function lineEndings(text: string): { readonly plain: string; restore(text: string): string } {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const body = text.slice(mark.length);
  const isWindows = body.includes("\r\n") && !/(^|[^\r])\n/.test(body);
  return {
    plain: isWindows ? body.replaceAll("\r\n", "\n") : body,
    restore: (edited) => mark + (isWindows ? edited.replaceAll("\n", "\r\n") : edited),
  };
}
