/**
 * The output of a response as it grows: items, their parts, their deltas. Tolerant of what servers make of it: deltas
 * without an item, items that are told only when they are done, text that only the last event holds.
 */
import { isRecord, own } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { isCarrier, readCarrier } from "../../hub/carrier.ts";
import type { Provenance } from "../../hub/message.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { listField, numberField, recordField, textField, type Fields } from "../fields.ts";
import { createBlocks, type Blocks, type CallBlock, type ProseBlock } from "./blocks-in.ts";
import { opaque, readAnnotation, textsOf } from "./content-in.ts";
import { createItemsSeen, kindOfItem, type ItemKind, type Place, type SeenItem } from "./items-seen.ts";
import { readDrawing } from "./server-items.ts";
import { flatName } from "./tools-in.ts";
import { readRedacted } from "./wire.ts";

type Out = StreamEvent[];

export interface Output extends Pick<Blocks, "close" | "heldChars" | "callCount" | "isQuiet" | "hasOpenArguments"> {
  /** `response.output_text.delta`, `response.refusal.delta`. */
  text(out: Out, event: unknown, kind: "text" | "refusal"): void;
  /** What the end of such a part says, where its deltas did not come. */
  textDone(out: Out, event: unknown, kind: "text" | "refusal"): void;
  partDone(out: Out, event: unknown): void;
  annotation(out: Out, event: unknown): void;
  thought(out: Out, event: unknown, source: "summary" | "content"): void;
  arguments(out: Out, event: unknown, isCustom: boolean): void;
  argumentsDone(out: Out, event: unknown, isCustom: boolean): void;
  itemAdded(out: Out, event: unknown): void;
  itemDone(out: Out, event: unknown): void;
  /** The output as the terminal holds it: news only where it never came before. */
  repeated(out: Out, items: readonly unknown[]): void;
}

export interface OutputOptions {
  readonly replyId: () => string;
  readonly from: () => Provenance;
  /** Called before anything is said. */
  readonly start: (out: Out) => void;
}

export function createOutput({ replyId, from, start }: OutputOptions): Output {
  const blocks = createBlocks({ replyId, from });
  const seen = createItemsSeen();
  const callIds = new Set<string>();
  /** All text of the reply, to know again what a terminal repeats under another number. */
  let said = "";
  let hasThought = false;

  const say = (out: Out, block: ProseBlock | CallBlock, text: string): void => {
    if (text === "") return;
    start(out);
    if (block.kind === "thinking") hasThought = true;
    else if (block.kind !== "call") said += text;
    blocks.text(out, block, text);
  };

  const partIn = (item: SeenItem, kind: "text" | "refusal", index: number): ProseBlock => {
    const key = index * 2 + (kind === "refusal" ? 1 : 0);
    const known = item.parts.get(key);
    if (known !== undefined) return known;
    const block = blocks.prose(kind);
    item.parts.set(key, block);
    return block;
  };
  const partOf = (event: unknown, kind: "text" | "refusal"): ProseBlock => {
    const place = placeOf(event);
    return partIn(seen.find(place, "message") ?? seen.begin(place, "message"), kind, partIndexOf(event));
  };

  const thoughtOf = (item: SeenItem): ProseBlock => {
    if (item.block !== null && item.block.kind !== "call") return item.block;
    const block = blocks.prose("thinking");
    item.block = block;
    return block;
  };

  const callOf = (item: SeenItem, isCustom: boolean): CallBlock => {
    if (item.block?.kind === "call") return item.block;
    const block = blocks.call(isCustom);
    item.block = block;
    return block;
  };

  const nameCall = (item: SeenItem, wire: Fields): CallBlock => {
    const block = callOf(item, wire["type"] === "custom_tool_call");
    if (block.id === "") block.id = textField(wire, "call_id") ?? "";
    if (block.name === "") block.name = nameOf(wire);
    block.itemId ??= textField(wire, "id");
    if (block.id !== "") callIds.add(block.id);
    return block;
  };

  const cite = (out: Out, block: ProseBlock, annotation: unknown): void => {
    if (!isRecord(annotation)) return;
    start(out);
    blocks.cite(out, block, readAnnotation(annotation));
  };

  const finishPart = (out: Out, part: unknown, item: SeenItem, index: number): void => {
    const kind = textField(part, "type") === "refusal" ? "refusal" : "text";
    const block = partIn(item, kind, index);
    if (block.chars === 0) say(out, block, textField(part, kind) ?? "");
    for (const annotation of (listField(part, "annotations") ?? []).slice(block.cited)) cite(out, block, annotation);
  };

  const finishThought = (out: Out, wire: Fields, item: SeenItem): void => {
    const block = thoughtOf(item);
    const blob = textField(wire, "encrypted_content") ?? "";
    // Another Switchyard as upstream: the tag is taken off here as it is in a history.
    const carried = isCarrier(blob) ? readCarrier(blob) : null;
    const redacted = carried === null ? null : readRedacted(carried);
    if (redacted !== null) {
      start(out);
      blocks.whole(out, redacted);
      blocks.done(out, block);
      return;
    }
    if (block.chars === 0) say(out, block, textsOf(listField(wire, "content")) || textsOf(listField(wire, "summary")));
    block.itemId ??= textField(wire, "id");
    if (carried !== null) {
      block.from = carried.from;
      block.signature = carried.signature;
    } else if (blob !== "" && !isCarrier(blob)) block.signature = blob;
    if (block.signature !== undefined) start(out);
    blocks.done(out, block);
  };

  const finishItem = (out: Out, wire: Fields, item: SeenItem): void => {
    if (item.isDone) return;
    item.isDone = true;
    switch (item.kind) {
      case "message":
        for (const [index, part] of (listField(wire, "content") ?? []).entries()) finishPart(out, part, item, index);
        for (const block of item.parts.values()) blocks.done(out, block);
        return;
      case "reasoning":
        finishThought(out, wire, item);
        return;
      case "call": {
        const block = nameCall(item, wire);
        start(out);
        if (block.chars === 0) say(out, block, givenTo(wire));
        blocks.done(out, block);
        return;
      }
      case "other": {
        start(out);
        const part = wire["type"] === "image_generation_call" ? readDrawing(wire) : opaque(wire);
        if (part.type === "image" || part.type === "opaque") blocks.whole(out, part);
        return;
      }
      default:
        unreachable(item.kind);
    }
  };

  return {
    text: (out, event, kind) => say(out, partOf(event, kind), textField(event, "delta") ?? ""),
    textDone(out, event, kind) {
      const block = partOf(event, kind);
      if (block.chars === 0) say(out, block, textField(event, kind) ?? "");
    },
    partDone(out, event) {
      const part = recordField(event, "part");
      const item = seen.find(placeOf(event), "message");
      if (part === undefined || item === null) return;
      finishPart(out, part, item, partIndexOf(event));
      for (const block of item.parts.values()) blocks.done(out, block);
    },
    annotation: (out, event) => cite(out, partOf(event, "text"), own(event, "annotation")),
    thought(out, event, source) {
      const place = placeOf(event);
      const item = seen.find(place, "reasoning") ?? seen.begin(place, "reasoning");
      item.source ??= source;
      const text = textField(event, "delta") ?? "";
      if (item.source !== source || text === "") return;
      const block = thoughtOf(item);
      const part = numberField(event, source === "summary" ? "summary_index" : "content_index") ?? 0;
      const isNext = part !== item.part && block.chars > 0;
      item.part = part;
      say(out, block, isNext ? `\n\n${text}` : text);
    },
    arguments(out, event, isCustom) {
      const place = placeOf(event);
      const item = seen.find(place, "call") ?? seen.begin(place, "call");
      say(out, callOf(item, isCustom), textField(event, "delta") ?? "");
    },
    argumentsDone(out, event, isCustom) {
      const item = seen.find(placeOf(event), "call");
      if (item === null) return;
      const block = callOf(item, isCustom);
      if (block.chars === 0) say(out, block, textField(event, isCustom ? "input" : "arguments") ?? "");
    },
    itemAdded(out, event) {
      const wire = recordField(event, "item") ?? {};
      const kind = kindOfItem(wire["type"]);
      // What has no deltas is read when it is done.
      if (kind === "other") return;
      // An item that is added is a new one, even where its number was used before; unless its deltas came first.
      const place = itemPlaceOf(event);
      const early = place.id === "" ? null : seen.find({ id: place.id, index: undefined }, kind);
      const item = early === null || early.isDone ? seen.begin(place, kind) : early;
      if (kind !== "call") return;
      const block = nameCall(item, wire);
      say(out, block, givenTo(wire));
      if (block.name === "") return;
      start(out);
      blocks.settle(out);
    },
    itemDone(out, event) {
      const wire = recordField(event, "item") ?? {};
      const place = itemPlaceOf(event);
      const kind = kindOfItem(wire["type"]);
      finishItem(out, wire, seen.find(place, kind) ?? seen.begin(place, kind));
    },
    repeated(out, items) {
      // Compared with what came before it, not with itself: two items of one output may say the same.
      const before = { said, hasThought, callIds: new Set(callIds) };
      for (const [index, wire] of items.entries()) {
        if (!isRecord(wire)) continue;
        const kind = kindOfItem(wire["type"]);
        const place = { id: textField(wire, "id") ?? "", index };
        const item = seen.findAny(place, kind);
        if (item !== null) finishItem(out, wire, item);
        else if (!wasSaid(wire, kind, before)) finishItem(out, wire, seen.begin(place, kind));
      }
    },
    close: (out) => blocks.close(out),
    heldChars: () => blocks.heldChars(),
    callCount: () => blocks.callCount(),
    isQuiet: () => blocks.isQuiet(),
    hasOpenArguments: () => blocks.hasOpenArguments(),
  };
}

function placeOf(event: unknown): Place {
  return { id: textField(event, "item_id") ?? "", index: numberField(event, "output_index") };
}

function itemPlaceOf(event: unknown): Place {
  return { id: textField(recordField(event, "item"), "id") ?? "", index: numberField(event, "output_index") };
}

function partIndexOf(event: unknown): number {
  return numberField(event, "content_index") ?? 0;
}

function nameOf(wire: Fields): string {
  const name = textField(wire, "name") ?? "";
  const namespace = textField(wire, "namespace") ?? "";
  return namespace === "" || name === "" ? name : flatName(namespace, name);
}

/** Arguments or input of a call, where they are there already. */
function givenTo(wire: Fields): string {
  const given = own(wire, wire["type"] === "custom_tool_call" ? "input" : "arguments");
  return typeof given === "string" ? given : isRecord(given) ? JSON.stringify(given) : "";
}

interface Before {
  readonly said: string;
  readonly hasThought: boolean;
  readonly callIds: ReadonlySet<string>;
}

function wasSaid(wire: Fields, kind: ItemKind, { said, hasThought, callIds }: Before): boolean {
  if (kind === "message") return said !== "" && said.includes(wordsOf(wire));
  if (kind === "reasoning") return hasThought;
  return kind === "call" && callIds.has(textField(wire, "call_id") ?? "");
}

function wordsOf(wire: Fields): string {
  return (listField(wire, "content") ?? [])
    .map((part) => textField(part, "text") ?? textField(part, "refusal") ?? "")
    .join("");
}
