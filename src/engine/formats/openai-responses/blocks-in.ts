/**
 * Blocks of a reply whose upstream says when each of them ends. The first streams, the ones begun before it is over wait
 * behind it and follow whole. A block is also over when the next has begun and it is not a call that still lacks its
 * closing bracket: not every server tells the end of an item.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { createJsonProgress, type JsonProgress } from "../../hub/json-progress.ts";
import type { Citation, ImagePart, OpaquePart, Provenance, RedactedThinkingPart } from "../../hub/message.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { madeToolId } from "../../hub/tool-ids.ts";

export type ProseKind = "text" | "refusal" | "thinking";

export interface ProseBlock {
  readonly kind: ProseKind;
  held: string;
  /** Characters said so far, sent or held. */
  chars: number;
  citations: Citation[];
  cited: number;
  isDone: boolean;
  hasEnded: boolean;
  /** Where its words go that come after its end. */
  heir: ProseBlock | null;
  signature: string | undefined;
  from: Provenance | undefined;
  itemId: string | undefined;
}

export interface CallBlock {
  readonly kind: "call";
  id: string;
  name: string;
  /** Freeform input instead of JSON. */
  readonly isCustom: boolean;
  readonly progress: JsonProgress;
  itemId: string | undefined;
  held: string;
  chars: number;
  isDone: boolean;
}

type WholePart = ImagePart | OpaquePart | RedactedThinkingPart;

interface WholeBlock {
  readonly kind: "whole";
  readonly part: WholePart;
}

type Block = ProseBlock | CallBlock | WholeBlock;

export interface Blocks {
  prose(kind: ProseKind): ProseBlock;
  call(isCustom: boolean): CallBlock;
  whole(out: StreamEvent[], part: WholePart): void;
  /** Something of a block is known that it may have waited for. */
  settle(out: StreamEvent[]): void;
  text(out: StreamEvent[], block: ProseBlock | CallBlock, text: string): void;
  cite(out: StreamEvent[], block: ProseBlock, citation: Citation): void;
  /** The upstream's word that nothing more of it will come. */
  done(out: StreamEvent[], block: ProseBlock | CallBlock): void;
  /** The reply is over: everything held comes out and every block ends. */
  close(out: StreamEvent[]): void;
  heldChars(): number;
  callCount(): number;
  /** Nothing was begun that is not over. */
  isQuiet(): boolean;
  hasOpenArguments(): boolean;
}

export interface BlocksOptions {
  /** Calls without an id get one made from the reply's id and their number. */
  readonly replyId: () => string;
  /** Whose thinking it is. */
  readonly from: () => Provenance;
}

export function createBlocks(options: BlocksOptions): Blocks {
  const queue: Block[] = [];
  const calls: CallBlock[] = [];
  let number = -1;
  let isOpen = false;
  let held = 0;

  const advance = (out: StreamEvent[], isClosing: boolean): void => {
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      if (head.kind === "whole") {
        number += 1;
        out.push(wholeOf(head.part, number));
        queue.shift();
        continue;
      }
      const isOver = isClosing || head.isDone || (queue.length > 1 && mayEnd(head));
      if (!isOpen) {
        if (!canOpen(head, isOver)) {
          if (!isOver) return;
          leaveOut(out, head);
          continue;
        }
        number += 1;
        isOpen = true;
        if (head.kind === "call" && head.id === "") head.id = madeToolId(options.replyId(), calls.indexOf(head));
        out.push(startOf(head, number));
      }
      if (head.held !== "") {
        out.push(deltaOf(head, number, head.held));
        held -= head.held.length;
        head.held = "";
      }
      if (head.kind !== "call" && head.citations.length > 0) {
        for (const citation of head.citations) out.push({ type: "citation", block: number, citation });
        head.citations = [];
      }
      if (!isOver) return;
      out.push(endOf(head, number, options.from));
      if (head.kind !== "call") head.hasEnded = true;
      isOpen = false;
      queue.shift();
    }
  };

  const leaveOut = (out: StreamEvent[], head: ProseBlock | CallBlock): void => {
    if (head.kind === "call") {
      calls.splice(calls.indexOf(head), 1);
      held -= head.held.length;
      out.push({ type: "dropped", what: "a tool call without a name" });
    } else head.hasEnded = true;
    queue.shift();
  };

  const begun = (block: ProseBlock): ProseBlock => {
    queue.push(block);
    return block;
  };
  const prose = (kind: ProseKind): ProseBlock => ({
    kind,
    held: "",
    chars: 0,
    citations: [],
    cited: 0,
    isDone: false,
    hasEnded: false,
    heir: null,
    signature: undefined,
    from: undefined,
    itemId: undefined,
  });

  return {
    prose: (kind) => begun(prose(kind)),
    call(isCustom) {
      const block: CallBlock = {
        kind: "call",
        id: "",
        name: "",
        isCustom,
        progress: createJsonProgress(),
        itemId: undefined,
        held: "",
        chars: 0,
        isDone: false,
      };
      queue.push(block);
      calls.push(block);
      return block;
    },
    whole(out, part) {
      queue.push({ kind: "whole", part });
      advance(out, false);
    },
    settle: (out) => advance(out, false),
    text(out, block, text) {
      if (text === "") return;
      block.chars += text.length;
      let target: ProseBlock | CallBlock = block;
      let words = text;
      if (block.kind === "call") {
        if (!block.isCustom) {
          // Some servers repeat the whole arguments at the end; a client would join them to invalid JSON.
          const used = block.progress.push(text);
          if (used < text.length) words = text.slice(0, used);
          if (words === "") return;
        }
      } else if (block.hasEnded) {
        block.heir ??= begun(prose(block.kind));
        target = block.heir;
      }
      if (isOpen && queue[0] === target) {
        if (queue.length === 1 || !mayEnd(target)) {
          out.push(deltaOf(target, number, words));
          return;
        }
      }
      target.held += words;
      held += words.length;
      advance(out, false);
    },
    cite(out, block, citation) {
      block.cited += 1;
      if (block.hasEnded) {
        out.push({ type: "dropped", what: "a citation of a text that was over" });
        return;
      }
      block.citations.push(citation);
      if (isOpen && queue[0] === block) advance(out, false);
    },
    done(out, block) {
      if (block.isDone) return;
      block.isDone = true;
      if (block.kind !== "call") {
        if (block.heir !== null) block.heir.isDone = true;
        if (block.hasEnded && block.signature !== undefined) {
          out.push({ type: "dropped", what: "the encrypted content of reasoning that was over" });
        }
      }
      advance(out, false);
    },
    close(out) {
      advance(out, true);
    },
    heldChars: () => held,
    callCount: () => calls.length,
    isQuiet: () => queue.length === 0,
    hasOpenArguments: () => calls.some((call) => call.progress.isOpen()),
  };
}

/** May this block be taken for over, now that another has begun? */
function mayEnd(block: ProseBlock | CallBlock): boolean {
  return block.kind !== "call" || (!block.isCustom && block.progress.isComplete());
}

/** Nothing is opened for prose without words; thinking may be all signature. A call waits for its name and its id. */
function canOpen(block: ProseBlock | CallBlock, isOver: boolean): boolean {
  if (block.kind === "call") return block.name !== "" && (block.id !== "" || isOver);
  if (block.held !== "" || block.citations.length > 0) return true;
  return isOver && block.signature !== undefined;
}

function wholeOf(part: WholePart, block: number): StreamEvent {
  switch (part.type) {
    case "image":
      return { type: "image", block, part };
    case "opaque":
      return { type: "opaque", block, part };
    case "redacted-thinking":
      return { type: "redacted-thinking", block, data: part.data, from: part.from };
    default:
      return unreachable(part);
  }
}

function startOf(block: ProseBlock | CallBlock, number: number): StreamEvent {
  switch (block.kind) {
    case "text":
      return { type: "text-start", block: number };
    case "refusal":
      return { type: "refusal-start", block: number };
    case "thinking":
      return { type: "thinking-start", block: number };
    case "call":
      return {
        type: "tool-start",
        block: number,
        id: block.id,
        name: block.name,
        kind: block.isCustom ? "custom" : "function",
      };
    default:
      return unreachable(block);
  }
}

function deltaOf(block: ProseBlock | CallBlock, number: number, text: string): StreamEvent {
  switch (block.kind) {
    case "text":
      return { type: "text-delta", block: number, text };
    case "refusal":
      return { type: "refusal-delta", block: number, text };
    case "thinking":
      return { type: "thinking-delta", block: number, text };
    case "call":
      return { type: "tool-delta", block: number, text };
    default:
      return unreachable(block);
  }
}

function endOf(block: ProseBlock | CallBlock, number: number, from: () => Provenance): StreamEvent {
  switch (block.kind) {
    case "text":
      return { type: "text-end", block: number };
    case "refusal":
      return { type: "refusal-end", block: number };
    case "thinking": {
      const { signature, itemId } = block;
      return {
        type: "thinking-end",
        block: number,
        ...(signature === undefined ? {} : { signature }),
        from: block.from ?? from(),
        ...(itemId === undefined ? {} : { itemId }),
      };
    }
    case "call":
      return {
        type: "tool-end",
        block: number,
        ...(block.itemId === undefined ? {} : { itemId: block.itemId }),
      };
    default:
      return unreachable(block);
  }
}
