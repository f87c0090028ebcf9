/**
 * The blocks of one reply, numbered and never overlapping. A text or a thought grows until something else begins, or until
 * it is signed: a signature ends its part.
 */
import type { Citation, ImagePart, OpaquePart, Provenance } from "../../hub/message.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import type { WholeCall } from "./calls-in.ts";

export interface Blocks {
  prose(out: StreamEvent[], kind: "text" | "thinking", text: string, signature: string): void;
  call(out: StreamEvent[], call: WholeCall): void;
  whole(out: StreamEvent[], part: ImagePart | OpaquePart): void;
  /** The text that is open, as far as it has come; null when none is. */
  openText(): string | null;
  cite(out: StreamEvent[], citation: Citation): void;
  close(out: StreamEvent[]): void;
  count(): number;
  calls(): number;
}

interface OpenBlock {
  readonly kind: "text" | "thinking";
  readonly block: number;
  text: string;
  signature: string;
}

export function createBlocks(from: () => Provenance): Blocks {
  let open: OpenBlock | null = null;
  let count = 0;
  let calls = 0;

  const close = (out: StreamEvent[]): void => {
    if (open === null) return;
    const { kind, block, signature } = open;
    open = null;
    const signed = signature === "" ? {} : { signature, from: from() };
    if (kind === "text") out.push({ type: "text-end", block, ...signed });
    else out.push({ type: "thinking-end", block, from: from(), ...signed });
  };

  const begin = (out: StreamEvent[], kind: "text" | "thinking"): OpenBlock => {
    close(out);
    const block = count;
    count += 1;
    out.push(kind === "text" ? { type: "text-start", block } : { type: "thinking-start", block });
    return (open = { kind, block, text: "", signature: "" });
  };

  return {
    prose(out, kind, text, signature) {
      if (text === "") {
        if (signature === "") return;
        // Alone with an empty text: it signs what was said last. Where nothing is open it stands for itself, as a
        // thought without words: every dialect keeps those, and an empty text none.
        const signed = open !== null && open.signature === "" && (kind === "text" || open.kind === kind) ? open : null;
        (signed ?? begin(out, "thinking")).signature = signature;
        return;
      }
      const current = open !== null && open.kind === kind && open.signature === "" ? open : begin(out, kind);
      const { block } = current;
      current.signature = signature;
      if (kind === "text") {
        current.text += text;
        out.push({ type: "text-delta", block, text });
      } else out.push({ type: "thinking-delta", block, text });
    },
    call(out, { id, name, json, signature }) {
      close(out);
      const block = count;
      count += 1;
      calls += 1;
      out.push(
        { type: "tool-start", block, id, name, kind: "function" },
        { type: "tool-delta", block, text: json },
        { type: "tool-end", block, ...(signature === "" ? {} : { signature, from: from() }) },
      );
    },
    whole(out, part) {
      close(out);
      out.push(part.type === "image" ? { type: "image", block: count, part } : { type: "opaque", block: count, part });
      count += 1;
    },
    openText: () => (open?.kind === "text" ? open.text : null),
    cite(out, citation) {
      if (open?.kind === "text") out.push({ type: "citation", block: open.block, citation });
    },
    close,
    count: () => count,
    calls: () => calls,
  };
}
