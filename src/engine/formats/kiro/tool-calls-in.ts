/**
 * Tool calls as Kiro streams them: the name first, then pieces of JSON text, then `stop: true`. Three deviations occur
 * (public reports of 2026): the input as an object, growing or in parts; the whole input once more in the last frame; and
 * later frames without the name. Calls are told apart by their id.
 */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { createJsonProgress, type JsonProgress } from "../../hub/json-progress.ts";
import type { Segments, ToolSegment } from "../../hub/segments.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { booleanField, textField, type Fields } from "../fields.ts";

export interface ToolCallsIn {
  take(out: StreamEvent[], payload: unknown): void;
  /** Calls that were begun and not said to be complete. */
  openNames(): readonly string[];
  /** A call whose input is no JSON object though it was said to be complete; null: none. */
  broken(): string | null;
  chars(): number;
}

interface Call {
  readonly segment: ToolSegment;
  readonly progress: JsonProgress;
  name: string;
  text: string;
  merged: Fields | null;
  isOver: boolean;
}

export function createToolCalls(segments: Segments): ToolCallsIn {
  const calls = new Map<string, Call>();
  let latest: Call | null = null;
  let broken: string | null = null;
  let chars = 0;

  const callFor = (payload: unknown): Call => {
    const id = textField(payload, "toolUseId") ?? "";
    const known = id === "" ? (latest?.isOver === false ? latest : undefined) : calls.get(id);
    if (known !== undefined) return known;
    const call: Call = {
      segment: segments.startTool(),
      progress: createJsonProgress(),
      name: "",
      text: "",
      merged: null,
      isOver: false,
    };
    calls.set(id === "" ? `\0${calls.size}` : id, call);
    return call;
  };

  const add = (out: StreamEvent[], call: Call, text: string): void => {
    // What comes after the closing bracket is the same input once more.
    const used = call.progress.push(text);
    const fresh = text.slice(0, used);
    call.text += fresh;
    chars += fresh.length;
    out.push(...segments.toolDelta(call.segment, { text: fresh }));
  };

  const takeInput = (out: StreamEvent[], call: Call, input: unknown): void => {
    if (typeof input === "string") {
      if (call.merged === null) {
        if (input !== "") add(out, call, input);
        return;
      }
      const parsed = parseJson(input);
      if (parsed.ok && isRecord(parsed.value)) call.merged = { ...call.merged, ...parsed.value };
      else if (input.trim() !== "")
        out.push({ type: "dropped", what: "a piece of a tool call's input that is no JSON" });
      return;
    }
    if (!isRecord(input)) return;
    if (call.text === "") call.merged = { ...call.merged, ...input };
    // Text came before: if that is whole, this is the same once more.
    else if (!call.progress.isComplete()) out.push({ type: "dropped", what: "an object amid a tool call's text" });
  };

  const finish = (out: StreamEvent[], call: Call): void => {
    call.isOver = true;
    if (call.merged !== null) add(out, call, JSON.stringify(call.merged));
    else if (call.text.trim() === "") add(out, call, "{}");
    const parsed = parseJson(call.text);
    if (!parsed.ok || !isRecord(parsed.value)) broken ??= call.name === "" ? "a tool" : call.name;
  };

  return {
    take(out, payload) {
      const call = callFor(payload);
      latest = call;
      // Its frames come again when a service repeats itself; they are no new call.
      if (call.isOver) return;
      const name = textField(payload, "name") ?? "";
      if (call.name === "") call.name = name;
      const id = textField(payload, "toolUseId");
      out.push(...segments.toolDelta(call.segment, { name, text: "", ...(id === undefined ? {} : { id }) }));
      takeInput(out, call, own(payload, "input"));
      if (booleanField(payload, "stop") === true) finish(out, call);
    },
    openNames: () => [...calls.values()].flatMap(({ isOver, name }) => (isOver ? [] : [name === "" ? "a tool" : name])),
    broken: () => broken,
    chars: () => chars,
  };
}
