/**
 * Changes in a YAML document tree that keep what people wrote around the values: comments, quotes, order. No text here;
 * `edit.ts` reads and checks it.
 */
import {
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Path } from "./problem.ts";

/** What stands in the way of a change, for people; null when it was made. */
export type Hindrance = string | null;

/** Puts a value at a path; what is missing on the way is made. */
export function setValue(document: Document, path: Path, value: unknown): Hindrance {
  if (document.contents === null || isEmpty(document.contents)) {
    const fresh = document.createNode(collectionFor(path[0]));
    keepComments(document.contents, fresh);
    document.contents = fresh;
  }
  let node: Node = document.contents;
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    const wanted = last ? value : collectionFor(path[index + 1]);
    if (!isMap(node) && !isSeq(node)) return `${words(path, index)} holds a single value, nothing can be put into it`;
    if (isSeq(node) && (typeof step !== "number" || step > node.items.length)) {
      return `${words(path, index)} is a list of ${node.items.length}; "${step}" is no place in it`;
    }
    const slot = slotOf(node, step);
    if (slot === null) add(document, node, step, wanted);
    else if (last) replace(document, slot, value);
    else if (isEmpty(slot.node)) slot.put(document.createNode(wanted), slot.node);
    else if (!isCollection(slot.node)) {
      return `${words(path, index + 1)} is written elsewhere or holds a single value; edit the file by hand`;
    }
    const next = slotOf(node, step)?.node;
    if (!isNode(next)) return null;
    node = next;
  }
  return null;
}

/** Takes a value out; one that is not there is fine. Comments before it stay, those inside it go with it. */
export function removeValue(document: Document, path: Path): void {
  let node: unknown = document.contents;
  for (const step of path.slice(0, -1)) {
    if (!isMap(node) && !isSeq(node)) return;
    node = slotOf(node, step)?.node;
  }
  const step = path.at(-1);
  if ((isMap(node) || isSeq(node)) && step !== undefined) removeStep(node, step);
}

/** A change of the order of a list, or of its length in the middle. Places count from 0. */
export type ListChange =
  | { readonly type: "insert"; readonly at: number; readonly value: unknown }
  | { readonly type: "move"; readonly from: number; readonly to: number };

/**
 * Entries move with the comments before them; what stands above the first one is about the list and stays there. The
 * places are checked before.
 */
export function changeList(document: Document, path: Path, change: ListChange): Hindrance {
  const list = path.length === 0 ? document.contents : document.getIn(path, true);
  if (change.type === "insert" && (list === undefined || list === null || isEmpty(list))) {
    return setValue(document, path, [change.value]);
  }
  if (!isSeq(list)) return `${words(path, path.length)} is written elsewhere; edit the file by hand`;
  if (change.type === "insert") {
    list.items.splice(change.at, 0, document.createNode(change.value));
    return null;
  }
  const [item] = list.items.splice(change.from, 1);
  list.items.splice(change.to, 0, item);
  return null;
}

interface Slot {
  readonly node: unknown;
  /** Puts another node there, with the comments of the old one. */
  put(fresh: Node, old: unknown): void;
}

function slotOf(parent: YAMLMap | YAMLSeq, step: string | number): Slot | null {
  if (isMap(parent)) {
    const pair = pairOf(parent, step);
    if (pair === undefined) return null;
    return {
      node: pair.value,
      put(fresh, old) {
        keepComments(old, fresh);
        pair.value = fresh;
      },
    };
  }
  const index = Number(step);
  if (!(index >= 0 && index < parent.items.length)) return null;
  return {
    node: parent.items[index],
    put(fresh, old) {
      keepComments(old, fresh);
      parent.items[index] = fresh;
    },
  };
}

function pairOf(map: YAMLMap, step: string | number): Pair | undefined {
  return map.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
}

function add(document: Document, parent: YAMLMap | YAMLSeq, step: string | number, value: unknown): void {
  const fresh = document.createNode(value);
  // A trailing comment belongs to what stood last; behind the new entry it would be about that one.
  if (isMap(parent)) parent.add(document.createPair(step, fresh));
  else parent.items.push(fresh);
}

/** Values that stay keep their nodes, and with them their comments and quotes. */
function replace(document: Document, slot: Slot, value: unknown): void {
  const { node } = slot;
  if (isMap(node) && isPlainMap(value)) {
    const keys = node.items.map(({ key }) => String(isScalar(key) ? key.value : key));
    for (const key of keys) if (!Object.hasOwn(value, key)) removeStep(node, key, true);
    for (const [key, each] of Object.entries(value)) setStep(document, node, key, each);
    return;
  }
  if (isSeq(node) && Array.isArray(value)) {
    while (node.items.length > value.length) removeStep(node, node.items.length - 1, true);
    value.forEach((each, index) => setStep(document, node, index, each));
    return;
  }
  if (isScalar(node) && !isCollectionValue(value)) {
    if (node.value === value) return;
    const isText = typeof node.value === "string" && typeof value === "string";
    node.value = value;
    delete node.source;
    delete node.format;
    // A quoted text stays quoted; a block of lines is not for a text that may have one.
    if (!isText || node.type === "BLOCK_FOLDED" || node.type === "BLOCK_LITERAL") delete node.type;
    return;
  }
  const fresh = document.createNode(value);
  fresh.commentBefore = joined(fresh.commentBefore, inner(node));
  slot.put(fresh, node);
}

function setStep(document: Document, parent: YAMLMap | YAMLSeq, step: string | number, value: unknown): void {
  const slot = slotOf(parent, step);
  if (slot === null) add(document, parent, step, value);
  else replace(document, slot, value);
}

/** @param whole also keep the comments inside what goes: it goes as part of a change, nobody asked for it by name */
function removeStep(parent: YAMLMap | YAMLSeq, step: string | number, whole = false): void {
  const index = isMap(parent)
    ? parent.items.findIndex((pair) => pair === pairOf(parent, step))
    : Number(step) < parent.items.length
      ? Number(step)
      : -1;
  if (index < 0) return;
  const item: unknown = parent.items[index];
  const head = isMap(parent) ? parent.items[index]?.key : item;
  const before = isNode(head) ? head.commentBefore : null;
  const rest = whole ? comments(isMap(parent) ? parent.items[index]?.value : item, !isMap(parent)) : null;
  const space = isNode(head) && head.spaceBefore === true;
  parent.items.splice(index, 1);
  const next: unknown = isMap(parent) ? parent.items[index]?.key : parent.items[index];
  const kept = joined(before, rest);
  if (isNode(next)) {
    next.commentBefore = joined(kept, next.commentBefore);
    if (space) next.spaceBefore = true;
  } else parent.comment = joined(kept, parent.comment);
}

/** The comments before and behind a node; those inside it are `inner`. */
function keepComments(old: unknown, fresh: Node): void {
  if (!isNode(old)) return;
  fresh.commentBefore = joined(old.commentBefore, fresh.commentBefore);
  // Behind a collection's last line a comment would slip into it.
  if (isScalar(fresh)) fresh.comment = old.comment ?? null;
  else fresh.commentBefore = joined(fresh.commentBefore, old.comment);
  if (old.spaceBefore === true) fresh.spaceBefore = true;
}

function inner(node: unknown): string | null {
  return isCollection(node) ? comments(node, true) : null;
}

function comments(root: unknown, skipRoot: boolean): string | null {
  if (!isNode(root)) return null;
  let all: string | null = null;
  visit(root, {
    Node(_, node) {
      if (!skipRoot || node !== root) all = joined(all, joined(node.commentBefore, node.comment));
    },
  });
  return all;
}

function joined(first: string | null | undefined, second: string | null | undefined): string | null {
  const both = [first, second].filter((each) => each !== undefined && each !== null && each !== "");
  return both.length === 0 ? null : both.join("\n");
}

function collectionFor(step: string | number | undefined): unknown {
  return typeof step === "number" ? [] : {};
}

/** `accounts:` with nothing behind it. */
function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCollectionValue(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function words(path: Path, length: number): string {
  return length === 0 ? "the file" : path.slice(0, length).join(".");
}
