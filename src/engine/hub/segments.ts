/**
 * Turns what an upstream says in any order into blocks that never overlap. The first segment streams; the ones that
 * begin before it is over are held and follow whole. A call is over when its JSON is closed, so sequential calls
 * stream and only truly interleaved ones wait.
 */
import { createJsonProgress, type JsonProgress } from "./json-progress.ts";
import type { Citation, Provenance } from "./message.ts";
import type { StreamEvent } from "./stream.ts";
import { madeToolId } from "./tool-ids.ts";
import { unreachable } from "../../base/unreachable.ts";

export type ProseKind = "text" | "thinking" | "refusal";

/** A signature that a block wears at its end, and whose it is. */
export interface Signed {
  readonly signature: string;
  readonly from: Provenance;
}

interface ProseSegment {
  readonly kind: ProseKind;
  /** Where this text begins in all the text of the reply. */
  readonly startsAt: number;
  readonly citations: Citation[];
  held: string;
  signed: Signed | null;
}

/** Something that comes whole: encrypted thinking, a picture, a block of the provider's own. */
interface WholeSegment {
  readonly kind: "whole";
  readonly make: (block: number) => StreamEvent;
}

/** One call as it grows; opaque to the reader, which only keeps it to add to it. */
export interface ToolSegment {
  readonly kind: "tool";
  /** Null for freeform calls: their text has no end of its own, they are over when something else begins. */
  readonly progress: JsonProgress | null;
  id: string;
  name: string;
  held: string;
  hasArguments: boolean;
  signed: Signed | null;
}

type Segment = ProseSegment | ToolSegment | WholeSegment;

export interface Segments {
  prose(kind: ProseKind, text: string): readonly StreamEvent[];
  /** A new call. Its block opens once the name is known, and the id too or arguments are there. */
  startTool(kind?: "function" | "custom"): ToolSegment;
  toolDelta(
    call: ToolSegment,
    piece: { id?: string; name?: string; text: string; signed?: Signed },
  ): readonly StreamEvent[];
  /** A block that is whole, behind whatever was begun before it. */
  whole(make: (block: number) => StreamEvent): readonly StreamEvent[];
  /** A citation whose places count from the beginning of the reply's text. It waits for text if there is none yet. */
  cite(citation: Citation): readonly StreamEvent[];
  /** The signature of the text that is being written; false when there is none. */
  signText(signed: Signed): boolean;
  /** The kind that was begun last and is not over. */
  last(): Segment["kind"] | null;
  /** The reply is over: everything held comes out and every block ends. */
  close(): readonly StreamEvent[];
  /** Characters waiting behind the streaming segment; the reader puts a bound on it. */
  heldChars(): number;
  toolCount(): number;
  blockCount(): number;
  /** A call's arguments were begun and not finished. */
  hasOpenArguments(): boolean;
}

export interface SegmentsOptions {
  /** The reply's own id: calls without one get an id made from it and their number. */
  readonly ordinalSeed: () => string;
  readonly from: () => Provenance;
  /** Asked when thinking ends: the signature it wears. */
  readonly signThinking?: () => string | undefined;
}

const none: readonly StreamEvent[] = [];

export function createSegments(options: SegmentsOptions): Segments {
  let queue: Segment[] = [];
  const tools: ToolSegment[] = [];
  let waiting: Citation[] = [];
  let headIsOpen = false;
  let block = -1;
  let held = 0;
  let opened = 0;
  let textChars = 0;

  const open = (head: Segment): void => {
    if (head.kind === "tool" && head.id === "") head.id = madeToolId(options.ordinalSeed(), tools.indexOf(head));
    block += 1;
    opened += 1;
  };

  const advance = (closing: boolean): StreamEvent[] => {
    const out: StreamEvent[] = [];
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      if (head.kind === "whole") {
        open(head);
        out.push(head.make(block));
        queue.shift();
        continue;
      }
      if (!headIsOpen) {
        if (head.kind === "tool" && !canOpen(head, closing)) {
          if (!closing) return out;
          out.push({ type: "dropped", what: "a tool call without a name" });
          tools.splice(tools.indexOf(head), 1);
          queue.shift();
          continue;
        }
        open(head);
        headIsOpen = true;
        out.push(startOf(head, block));
      }
      if (head.held !== "") {
        out.push(deltaOf(head, block, head.held));
        held -= head.held.length;
        head.held = "";
      }
      if (head.kind !== "tool") {
        for (const citation of head.citations.splice(0)) out.push({ type: "citation", block, citation });
      }
      const isOver = closing || (queue.length > 1 && (head.kind !== "tool" || (head.progress?.isComplete() ?? true)));
      if (!isOver) return out;
      out.push(endOf(head, block, options));
      headIsOpen = false;
      queue.shift();
    }
    return out;
  };

  const lastText = (): ProseSegment | undefined =>
    queue.findLast((segment): segment is ProseSegment => segment.kind === "text");

  return {
    prose(kind, text) {
      if (text === "") return none;
      const last = queue[queue.length - 1];
      if (kind === "text") textChars += text.length;
      if (last !== undefined && last.kind === kind) {
        if (queue.length === 1 && headIsOpen) return [deltaOf(last, block, text)];
        last.held += text;
      } else {
        const startsAt = kind === "text" ? textChars - text.length : 0;
        const citations = kind === "text" ? waiting.map((citation) => within(citation, startsAt)) : [];
        if (kind === "text") waiting = [];
        queue.push({ kind, startsAt, citations, held: text, signed: null });
      }
      held += text.length;
      return advance(false);
    },
    startTool(kind = "function") {
      const call: ToolSegment = {
        kind: "tool",
        progress: kind === "function" ? createJsonProgress() : null,
        id: "",
        name: "",
        held: "",
        hasArguments: false,
        signed: null,
      };
      queue.push(call);
      tools.push(call);
      return call;
    },
    toolDelta(call, piece) {
      if (call.id === "" && piece.id) call.id = piece.id;
      if (call.name === "" && piece.name) call.name = piece.name;
      if (piece.signed !== undefined) call.signed = piece.signed;
      // Some upstreams repeat the whole arguments at the end; a client would join them to invalid JSON.
      const used = call.progress === null ? piece.text.length : call.progress.push(piece.text);
      const text = used === piece.text.length ? piece.text : piece.text.slice(0, used);
      if (text !== "") {
        call.hasArguments = true;
        if (queue.length === 1 && queue[0] === call && headIsOpen) return [deltaOf(call, block, text)];
        call.held += text;
        held += text.length;
      }
      return advance(false);
    },
    whole(make) {
      queue.push({ kind: "whole", make });
      return advance(false);
    },
    cite(citation) {
      const text = lastText();
      if (text === undefined) {
        waiting.push(citation);
        return none;
      }
      const placed = within(citation, text.startsAt);
      if (queue[0] === text && headIsOpen && text.held === "") return [{ type: "citation", block, citation: placed }];
      text.citations.push(placed);
      return none;
    },
    signText(signed) {
      const text = lastText();
      if (text !== undefined) text.signed = signed;
      return text !== undefined;
    },
    last: () => queue[queue.length - 1]?.kind ?? null,
    close() {
      const out = advance(true);
      queue = [];
      if (waiting.length > 0) out.push({ type: "dropped", what: "a citation of text that was already over" });
      waiting = [];
      return out;
    },
    heldChars: () => held,
    toolCount: () => tools.length,
    blockCount: () => opened,
    hasOpenArguments: () => tools.some((call) => call.progress?.isOpen() ?? false),
  };
}

/** Its places counted from the beginning of its own block. */
function within(citation: Citation, startsAt: number): Citation {
  if (startsAt === 0 || citation.start === undefined || citation.end === undefined) return citation;
  return { ...citation, start: Math.max(0, citation.start - startsAt), end: Math.max(0, citation.end - startsAt) };
}

function canOpen(call: ToolSegment, closing: boolean): boolean {
  return call.name !== "" && (call.id !== "" || call.hasArguments || closing);
}

type Growing = ProseSegment | ToolSegment;

function startOf(segment: Growing, block: number): StreamEvent {
  switch (segment.kind) {
    case "text":
      return { type: "text-start", block };
    case "thinking":
      return { type: "thinking-start", block };
    case "refusal":
      return { type: "refusal-start", block };
    case "tool":
      return {
        type: "tool-start",
        block,
        id: segment.id,
        name: segment.name,
        kind: segment.progress === null ? "custom" : "function",
      };
    default:
      return unreachable(segment);
  }
}

function deltaOf(segment: Growing, block: number, text: string): StreamEvent {
  switch (segment.kind) {
    case "text":
      return { type: "text-delta", block, text };
    case "thinking":
      return { type: "thinking-delta", block, text };
    case "refusal":
      return { type: "refusal-delta", block, text };
    case "tool":
      return { type: "tool-delta", block, text };
    default:
      return unreachable(segment);
  }
}

function endOf(segment: Growing, block: number, { from, signThinking }: SegmentsOptions): StreamEvent {
  switch (segment.kind) {
    case "text":
      return { type: "text-end", block, ...segment.signed };
    case "thinking": {
      const signature = signThinking?.();
      return { type: "thinking-end", block, ...(signature === undefined ? {} : { signature }), from: from() };
    }
    case "refusal":
      return { type: "refusal-end", block };
    case "tool":
      return { type: "tool-end", block, ...segment.signed };
    default:
      return unreachable(segment);
  }
}
