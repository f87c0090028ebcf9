/**
 * `functionCall` parts of a reply as whole calls. They come whole, or in pieces that only the first names. Two calls of
 * one function stay two: a call without an id, or with one that was used before in this reply, gets its own.
 */
import { isRecord, own } from "../../../base/json.ts";
import { madeToolId } from "../../hub/tool-ids.ts";
import { booleanField, listField, textField, type Fields } from "../fields.ts";
import { createPartialArgs, type PartialArgs } from "./partial-args.ts";

export interface WholeCall {
  readonly id: string;
  readonly name: string;
  /** The arguments; cut short where the reply ended inside them. */
  readonly json: string;
  readonly signature: string;
}

export interface CallReader {
  /** The calls that are whole by this part. */
  take(call: Fields, signature: string): readonly WholeCall[];
  /** The reply is over: a call still under way, with its JSON left open. */
  cut(): readonly WholeCall[];
  wasCut(): boolean;
  isTooLarge(): boolean;
}

interface Growing {
  id: string;
  readonly name: string;
  readonly args: PartialArgs;
  signature: string;
}

/** Characters of the pieces of all calls of one reply. */
const maxPieceChars = 16 * 1024 * 1024;

const none: readonly WholeCall[] = [];

/** `seed`: a word of this reply's own, for ids we have to make. */
export function createCallReader(seed: () => string): CallReader {
  const ids = new Set<string>();
  let count = 0;
  let growing: Growing | null = null;
  let wasCut = false;
  let chars = 0;

  const idFor = (given: string): string => {
    const id = given !== "" && !ids.has(given) ? given : madeToolId(seed(), count);
    count += 1;
    ids.add(id);
    return id;
  };

  const whole = ({ id, name, args, signature }: Growing): WholeCall => ({
    id: idFor(id),
    name,
    json: args.json(),
    signature,
  });

  return {
    take(call, signature) {
      const id = textField(call, "id") ?? "";
      const name = textField(call, "name") ?? "";
      const pieces = listField(call, "partialArgs");
      const goesOn = booleanField(call, "willContinue") === true;
      const before = growing;
      const continues = before !== null && (name === "" || (id !== "" && id === before.id));
      const ended = before !== null && !continues ? [whole(before)] : none;
      if (before !== null && !continues) growing = null;
      if (!continues && !goesOn && pieces === undefined) {
        return [...ended, { id: idFor(id), name, json: argumentsOf(call), signature }];
      }
      const current = continues ? before : { id, name, args: createPartialArgs(), signature };
      if (signature !== "") current.signature = signature;
      if (current.id === "") current.id = id;
      for (const piece of pieces ?? []) {
        current.args.add(piece);
        chars += textField(piece, "stringValue")?.length ?? 1;
      }
      growing = goesOn ? current : null;
      return goesOn ? ended : [...ended, whole(current)];
    },
    cut() {
      if (growing === null) return none;
      const { json, ...call } = whole(growing);
      growing = null;
      wasCut = true;
      return [{ ...call, json: json.slice(0, -1) }];
    },
    wasCut: () => wasCut,
    isTooLarge: () => chars > maxPieceChars,
  };
}

/** Compatible servers send the JSON as a string, or nothing for a call without arguments. */
function argumentsOf(call: Fields): string {
  const args = own(call, "args");
  if (typeof args === "string" && args.trim() !== "") return args;
  return isRecord(args) || Array.isArray(args) ? JSON.stringify(args) : "{}";
}
