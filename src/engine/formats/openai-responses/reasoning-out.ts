/** A reasoning item of a Responses stream: its words as one part of the summary, its blob on the item that ends it. */
import type { Fields } from "../fields.ts";
import type { Frames } from "./frames-out.ts";
import { reasoningItem, summaryPart } from "./items-out.ts";

export interface ReasoningWriter {
  start(): void;
  delta(text: string): readonly Uint8Array[];
  /** Thinking without words and without a blob says nothing, and no item is made of it. */
  end(blob: string | undefined): readonly Uint8Array[];
  /** What there is of an item that will never be over. */
  cut(): readonly Fields[];
}

export function createReasoningWriter(frames: Frames): ReasoningWriter {
  let item: { readonly id: string; readonly index: number } | null = null;
  let text = "";
  let head = "";

  const add = (): Uint8Array => {
    const id = frames.nextId("rs");
    const added = frames.add(reasoningItem(id, null, undefined));
    item = { id, index: added.index };
    return added.frame;
  };
  const place = (): Fields => ({ item_id: item?.id ?? "", output_index: item?.index ?? 0, summary_index: 0 });

  return {
    start() {
      item = null;
      text = "";
    },
    delta(words) {
      text += words;
      if (item !== null) return [frames.delta(head, words)];
      const added = add();
      const opened = frames.event("response.reasoning_summary_part.added", { ...place(), part: summaryPart("") });
      head = frames.deltaHead("response.reasoning_summary_text.delta", place());
      return [added, opened, frames.delta(head, words)];
    },
    end(blob) {
      const hasBlob = blob !== undefined && blob !== "";
      const out: Uint8Array[] = [];
      if (item === null) {
        if (!hasBlob) return out;
        out.push(add());
      } else {
        out.push(frames.event("response.reasoning_summary_text.done", { ...place(), text }));
        out.push(frames.event("response.reasoning_summary_part.done", { ...place(), part: summaryPart(text) }));
      }
      if (item === null) return out;
      const { id, index } = item;
      item = null;
      out.push(frames.done(index, reasoningItem(id, text === "" ? null : text, hasBlob ? blob : undefined)));
      return out;
    },
    cut: () => (item === null ? [] : [reasoningItem(item.id, text === "" ? null : text, undefined)]),
  };
}
