/**
 * One file of the request log that comes piece by piece. Pieces are kept as they are until there is time; then they
 * become text that ends at a line, so that no credential is split between two looks of the mask.
 */

/** Bytes or text as they came, or hub events that become lines of JSON. */
export type Piece = Uint8Array | string | readonly unknown[];

export interface StreamFile {
  /** Takes a piece in, as far as the file's bound allows. False when the queue has no room: the piece is lost. */
  take(piece: Piece): boolean;
  /** Text that can be written now: whole lines, or at the end everything; and the bytes that are free again with it. */
  drain(isEnd: boolean): { readonly text: string; readonly freed: number };
  /** Bytes that were lost because the queue had no room. */
  lost(): number;
  /** Bytes beyond the file's bound. */
  beyond(): number;
}

export interface StreamFileOptions {
  readonly maxBytes: number;
  readonly reserve: (bytes: number) => boolean;
}

/** A hub event is a short record; its real length is known once it is laid out. */
const eventWeight = 256;
/** What a kept piece costs beside its bytes. */
const pieceWeight = 128;

export function createStreamFile({ maxBytes, reserve }: StreamFileOptions): StreamFile {
  const decoder = new TextDecoder();
  let pieces: Piece[] = [];
  /** Text after the last line end. */
  let rest = "";
  let taken = 0;
  let reserved = 0;
  let gap = 0;
  let lost = 0;
  let beyond = 0;

  const decoded = (): string => {
    let text = "";
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) text += decoder.decode(piece, { stream: true });
      else if (typeof piece === "string") text += decoder.decode() + piece;
      else {
        const lines = piece.map(lineOf).join("");
        // Counted by a guess until now.
        taken += Math.max(0, lines.length - weightOf(piece));
        text += lines;
      }
    }
    pieces = [];
    return text;
  };

  const markGap = (): void => {
    if (gap > 0) pieces.push(`\n[switchyard: ${gap} bytes left out here]\n`);
    gap = 0;
  };

  return {
    take(piece) {
      const size = weightOf(piece);
      const room = maxBytes - taken;
      if (room <= 0) {
        beyond += size;
        return true;
      }
      const kept = size <= room || isEvents(piece) ? piece : piece.slice(0, room);
      const weight = Math.min(size, weightOf(kept));
      if (!reserve(weight + pieceWeight)) {
        gap += size;
        lost += size;
        return false;
      }
      markGap();
      beyond += size - weight;
      taken += weight;
      reserved += weight + pieceWeight;
      pieces.push(kept);
      return true;
    },
    drain(isEnd) {
      if (isEnd) markGap();
      const fresh = decoded() + (isEnd ? decoder.decode() : "");
      const end = isEnd ? fresh.length : fresh.lastIndexOf("\n") + 1;
      const text = end === 0 ? "" : rest + fresh.slice(0, end);
      rest = end === 0 ? rest + fresh : fresh.slice(end);
      const freed = isEnd ? reserved : Math.max(0, reserved - rest.length);
      reserved -= freed;
      return { text: isEnd && text === "" ? rest : text, freed };
    },
    lost: () => lost,
    beyond: () => beyond,
  };
}

function lineOf(event: unknown): string {
  try {
    return `${JSON.stringify(event)}\n`;
  } catch {
    return '{"leftOut":"an event that is no JSON"}\n';
  }
}

function weightOf(piece: Piece): number {
  if (isEvents(piece)) return piece.length * eventWeight;
  return piece.length;
}

function isEvents(piece: Piece): piece is readonly unknown[] {
  return Array.isArray(piece);
}
