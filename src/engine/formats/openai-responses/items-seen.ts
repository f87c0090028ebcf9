/**
 * Which item an event of a Responses stream belongs to. By its id where the id is known, else by its place in the output:
 * Copilot gives the same item another id in every event (vercel/ai#18548, late 2026), other servers count every item 0.
 */
import type { CallBlock, ProseBlock } from "./blocks-in.ts";

export type ItemKind = "message" | "reasoning" | "call" | "other";

export interface SeenItem {
  readonly kind: ItemKind;
  /** Blocks of a message's parts, twice the part's number and one more for a refusal. */
  readonly parts: Map<number, ProseBlock>;
  /** The block of a reasoning item or of a call. */
  block: ProseBlock | CallBlock | null;
  /** Reasoning comes as a summary, as it was thought, or as both: what comes first is read. */
  source: "summary" | "content" | null;
  /** Of the summary's parts, the one being written. */
  part: number;
  /** Begun by an event that named neither id nor number. */
  readonly isNowhere: boolean;
  isDone: boolean;
}

export interface Place {
  readonly id: string;
  readonly index: number | undefined;
}

export interface ItemsSeen {
  find(place: Place, kind: ItemKind): SeenItem | null;
  /** The item of that place as the terminal names it, whether it is over or not. */
  findAny(place: Place, kind: ItemKind): SeenItem | null;
  begin(place: Place, kind: ItemKind): SeenItem;
}

export function createItemsSeen(): ItemsSeen {
  const byId = new Map<string, SeenItem>();
  const byIndex = new Map<number, SeenItem>();
  const latest = new Map<ItemKind, SeenItem>();

  const known = ({ id }: Place, kind: ItemKind): SeenItem | null => {
    const item = id === "" ? undefined : byId.get(id);
    return item?.kind === kind ? item : null;
  };
  const placed = ({ index }: Place, kind: ItemKind): SeenItem | null => {
    const item = index === undefined ? undefined : byIndex.get(index);
    return item?.kind === kind ? item : null;
  };
  return {
    find(place, kind) {
      const item = known(place, kind);
      if (item !== null) return item;
      const last = latest.get(kind);
      // An event that says no place at all goes on with what was begun last, and what was begun so belongs to the next.
      const there = isNowhere(place) || last?.isNowhere === true ? last : placed(place, kind);
      return there === undefined || there === null || there.isDone ? null : there;
    },
    findAny: (place, kind) => known(place, kind) ?? placed(place, kind),
    begin(place, kind) {
      const item: SeenItem = {
        kind,
        parts: new Map(),
        block: null,
        source: null,
        part: 0,
        isNowhere: isNowhere(place),
        isDone: false,
      };
      if (place.id !== "") byId.set(place.id, item);
      if (place.index !== undefined) byIndex.set(place.index, item);
      latest.set(kind, item);
      return item;
    },
  };
}

function isNowhere({ id, index }: Place): boolean {
  return id === "" && index === undefined;
}

export function kindOfItem(type: unknown): ItemKind {
  switch (type) {
    case "message":
      return "message";
    case "reasoning":
      return "reasoning";
    case "function_call":
    case "custom_tool_call":
      return "call";
    default:
      return "other";
  }
}
