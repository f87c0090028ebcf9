/**
 * The message item of a Responses stream. Texts and refusals that follow each other are parts of one message: Codex shows
 * each message as a paragraph of its own. Nothing is opened for a part that stays empty.
 */
import type { Citation } from "../../hub/message.ts";
import type { Fields } from "../fields.ts";
import type { Frames } from "./frames-out.ts";
import { annotationOf, messageItem, refusalPart, textPart } from "./items-out.ts";

export interface MessageWriter {
  start(kind: "text" | "refusal"): readonly Uint8Array[];
  delta(text: string): readonly Uint8Array[];
  /** Null when the citation has no form here. */
  cite(citation: Citation): readonly Uint8Array[] | null;
  endPart(): readonly Uint8Array[];
  /** Something else begins: the message is over, if there is one. */
  close(): readonly Uint8Array[];
  /** What there is of a message that will never be over. */
  cut(): readonly Fields[];
}

const none: readonly Uint8Array[] = [];

export function createMessageWriter(frames: Frames): MessageWriter {
  let item: { readonly id: string; readonly index: number; readonly content: Fields[] } | null = null;
  let kind: "text" | "refusal" = "text";
  let isOpen = false;
  let text = "";
  let head = "";
  let annotations: Fields[] = [];

  const place = (): Fields => ({
    item_id: item?.id ?? "",
    output_index: item?.index ?? 0,
    content_index: item?.content.length ?? 0,
  });
  const part = (words: string): Fields => (kind === "text" ? textPart(words, annotations) : refusalPart(words));

  const open = (): Uint8Array[] => {
    const out: Uint8Array[] = [];
    if (item === null) {
      const id = frames.nextId("msg");
      const added = frames.add(messageItem(id, "in_progress", []));
      item = { id, index: added.index, content: [] };
      out.push(added.frame);
    }
    isOpen = true;
    out.push(frames.event("response.content_part.added", { ...place(), part: part("") }));
    head =
      kind === "text"
        ? frames.deltaHead("response.output_text.delta", { ...place(), logprobs: [] })
        : frames.deltaHead("response.refusal.delta", place());
    return out;
  };

  const endPart = (): readonly Uint8Array[] => {
    if (!isOpen || item === null) return none;
    const whole = part(text);
    const told =
      kind === "text"
        ? frames.event("response.output_text.done", { ...place(), text, logprobs: [] })
        : frames.event("response.refusal.done", { ...place(), refusal: text });
    const ended = frames.event("response.content_part.done", { ...place(), part: whole });
    item.content.push(whole);
    isOpen = false;
    return [told, ended];
  };

  return {
    start(next) {
      const ended = endPart();
      kind = next;
      text = "";
      annotations = [];
      return ended;
    },
    delta(words) {
      text += words;
      if (isOpen) return [frames.delta(head, words)];
      return [...open(), frames.delta(head, words)];
    },
    cite(citation) {
      const annotation = annotationOf(citation, text.length);
      if (annotation === null) return null;
      const opened = isOpen ? none : open();
      const annotation_index = annotations.length;
      const fields = { ...place(), annotation_index, annotation };
      annotations.push(annotation);
      return [...opened, frames.event("response.output_text.annotation.added", fields)];
    },
    endPart,
    close() {
      const ended = endPart();
      if (item === null) return none;
      const { id, index, content } = item;
      item = null;
      return [...ended, frames.done(index, messageItem(id, "completed", content))];
    },
    cut() {
      if (item === null) return [];
      return [messageItem(item.id, "incomplete", isOpen ? [...item.content, part(text)] : item.content)];
    },
  };
}
