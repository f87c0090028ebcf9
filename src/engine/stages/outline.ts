/**
 * One stage of a call (the client's body, the hub request, the upstream's body) as lines that can be laid beside each
 * other. `text` is what a person reads, in the stage's own words; what two stages are compared by is beside it, because
 * the same thing has other words in every dialect.
 */

/** A setting: there is at most one of a key. */
export interface Field {
  readonly key: string;
  readonly label: string;
  readonly text: string;
  /** What it means. */
  readonly value: string;
}

/** A part of a message, or a tool: told by its content and its place in the order. */
export interface Item {
  /** Items of another kind are never the same thing changed. */
  readonly kind: string;
  readonly role: "system" | "user" | "assistant" | "tool" | "declared";
  /** The message it is in, as this stage calls it: `messages[3]`, `contents[1]`. */
  readonly place: string;
  readonly text: string;
  /** Items that agree in this are the same thing. */
  readonly match: string;
  /** Where they differ in this, it was changed on the way: ids, signatures, schemas. */
  readonly rest: string;
}

export interface Outline {
  readonly fields: readonly Field[];
  readonly tools: readonly Item[];
  readonly parts: readonly Item[];
}
