/**
 * The thinking of Kiro's older models, which stands in the text between `<thinking>` and `</thinking>` at the beginning
 * of the answer; either tag may be split over frames. Later tags are text: a model may write about them.
 */
export interface Piece {
  readonly kind: "text" | "thinking";
  readonly text: string;
}

export interface InlineThinking {
  push(text: string): readonly Piece[];
  /** What was held back because it might have become a tag. */
  end(): readonly Piece[];
}

const opening = "<thinking>";
const closing = "</thinking>";

export function createInlineThinking(): InlineThinking {
  let place: "before" | "inside" | "behind" | "text" = "before";
  let held = "";

  const take = (isLast: boolean): readonly Piece[] => {
    const out: Piece[] = [];
    const give = (kind: Piece["kind"], text: string): void => {
      if (text !== "") out.push({ kind, text });
    };
    if (place === "before") {
      const said = held.trimStart();
      if (!isLast && opening.startsWith(said.slice(0, opening.length)) && said.length < opening.length) return out;
      if (said.startsWith(opening)) {
        place = "inside";
        held = said.slice(opening.length);
      } else place = "text";
    }
    if (place === "inside") {
      const end = held.indexOf(closing);
      if (end < 0) {
        const kept = isLast ? 0 : tailThatMayBegin(held, closing);
        give("thinking", held.slice(0, held.length - kept));
        held = held.slice(held.length - kept);
        return out;
      }
      give("thinking", held.slice(0, end));
      held = held.slice(end + closing.length);
      place = "behind";
    }
    if (place === "behind") {
      // The empty lines between the tag and the answer belong to neither.
      held = held.replace(/^\s+/, "");
      if (held === "") return out;
      place = "text";
    }
    give("text", held);
    held = "";
    return out;
  };

  return {
    push(text) {
      held += text;
      return take(false);
    },
    end: () => take(true),
  };
}

function tailThatMayBegin(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
