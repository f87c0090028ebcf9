/**
 * Turns what an upstream says in any order into blocks that never overlap. The first segment streams; the ones that
 * begin before it is over are held and follow whole. A call is over when its JSON is closed, so sequential calls
 * stream and only truly interleaved ones wait.
 */
import { createJsonProgress, type JsonProgress } from "./json-progress.ts";
import type { Provenance } from "./message.ts";
import type { StreamEvent } from "./stream.ts";
import { madeToolId } from "./tool-ids.ts";
import { unreachable } from "../../base/unreachable.ts";

export type ProseKind = "text" | "thinking" | "refusal";

interface ProseSegment {
  readonly kind: ProseKind;
  held: string;
}

/** One call as it grows; opaque to the reader, which only keeps it to add to it. */
export interface ToolSegment {
  readonly kind: "tool";
  readonly progress: JsonProgress;
  id: string;
  name: string;
  held: string;
  hasArguments: boolean;
}

export interface Segments {
  prose(kind: ProseKind, text: string): readonly StreamEvent[];
  /** A new call. Its block opens once the name is known, and the id too or arguments are there. */
  startTool(): ToolSegment;
  toolDelta(call: ToolSegment, piece: { id?: string; name?: string; text: string }): readonly StreamEvent[];
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
}

const none: readonly StreamEvent[] = [];

export function createSegments(options: SegmentsOptions): Segments {
  let queue: (ProseSegment | ToolSegment)[] = [];
  const tools: ToolSegment[] = [];
  let headIsOpen = false;
  let block = -1;
  let held = 0;
  let opened = 0;

  const advance = (closing: boolean): StreamEvent[] => {
    const out: StreamEvent[] = [];
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      if (!headIsOpen) {
        if (head.kind === "tool" && !canOpen(head, closing)) {
          if (!closing) return out;
          out.push({ type: "dropped", what: "a tool call without a name" });
          tools.splice(tools.indexOf(head), 1);
          queue.shift();
          continue;
        }
        if (head.kind === "tool" && head.id === "") head.id = madeToolId(options.ordinalSeed(), tools.indexOf(head));
        block += 1;
        opened += 1;
        headIsOpen = true;
        out.push(startOf(head, block));
      }
      if (head.held !== "") {
        out.push(deltaOf(head, block, head.held));
        held -= head.held.length;
        head.held = "";
      }
      const isOver = closing || (queue.length > 1 && (head.kind !== "tool" || head.progress.isComplete()));
      if (!isOver) return out;
      out.push(endOf(head, block, options.from));
      headIsOpen = false;
      queue.shift();
    }
    return out;
  };

  return {
    prose(kind, text) {
      if (text === "") return none;
      const last = queue[queue.length - 1];
      if (last !== undefined && last.kind === kind) {
        if (queue.length === 1 && headIsOpen) return [deltaOf(last, block, text)];
        last.held += text;
      } else queue.push({ kind, held: text });
      held += text.length;
      return advance(false);
    },
    startTool() {
      const call: ToolSegment = {
        kind: "tool",
        progress: createJsonProgress(),
        id: "",
        name: "",
        held: "",
        hasArguments: false,
      };
      queue.push(call);
      tools.push(call);
      return call;
    },
    toolDelta(call, piece) {
      if (call.id === "" && piece.id) call.id = piece.id;
      if (call.name === "" && piece.name) call.name = piece.name;
      // Some upstreams repeat the whole arguments at the end; a client would join them to invalid JSON.
      const used = call.progress.push(piece.text);
      const text = used === piece.text.length ? piece.text : piece.text.slice(0, used);
      if (text !== "") {
        call.hasArguments = true;
        if (queue.length === 1 && queue[0] === call && headIsOpen) return [deltaOf(call, block, text)];
        call.held += text;
        held += text.length;
      }
      return advance(false);
    },
    close() {
      const out = advance(true);
      queue = [];
      return out;
    },
    heldChars: () => held,
    toolCount: () => tools.length,
    blockCount: () => opened,
    hasOpenArguments: () => tools.some((call) => call.progress.isOpen()),
  };
}

function canOpen(call: ToolSegment, closing: boolean): boolean {
  return call.name !== "" && (call.id !== "" || call.hasArguments || closing);
}

function startOf(segment: ProseSegment | ToolSegment, block: number): StreamEvent {
  switch (segment.kind) {
    case "text":
      return { type: "text-start", block };
    case "thinking":
      return { type: "thinking-start", block };
    case "refusal":
      return { type: "refusal-start", block };
    case "tool":
      return { type: "tool-start", block, id: segment.id, name: segment.name, kind: "function" };
    default:
      return unreachable(segment);
  }
}

function deltaOf(segment: ProseSegment | ToolSegment, block: number, text: string): StreamEvent {
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

function endOf(segment: ProseSegment | ToolSegment, block: number, from: () => Provenance): StreamEvent {
  switch (segment.kind) {
    case "text":
      return { type: "text-end", block };
    case "thinking":
      return { type: "thinking-end", block, from: from() };
    case "refusal":
      return { type: "refusal-end", block };
    case "tool":
      return { type: "tool-end", block };
    default:
      return unreachable(segment);
  }
}
