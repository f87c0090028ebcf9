/**
 * A call in a Responses stream: a function call, a freeform call, or the item of a tool that the client declared by its
 * type. The last has no deltas, so it is written when its arguments are whole.
 */
import type { StreamEvent } from "../../hub/stream.ts";
import { writeItemCall, type ClientTool, type ItemTool } from "./client-tools.ts";
import type { Frames } from "./frames-out.ts";
import { callItem, callStatus, type CallHead } from "./items-out.ts";

export interface CallWriter {
  start(event: Extract<StreamEvent, { type: "tool-start" }>): readonly Uint8Array[];
  delta(text: string): readonly Uint8Array[];
  end(): readonly Uint8Array[];
}

type OpenCall =
  | { readonly form: "item"; readonly tool: ItemTool; readonly callId: string }
  | { readonly form: "call"; readonly head: CallHead; readonly index: number; readonly deltaHead: string };

const none: readonly Uint8Array[] = [];
const itemPrefixes = {
  local_shell: "lsh",
  shell: "sh",
  apply_patch: "apc",
  tool_search: "tsc",
} as const satisfies Record<ItemTool, string>;

export function createCallWriter(frames: Frames, tools: ReadonlyMap<string, ClientTool>): CallWriter {
  let open: OpenCall | null = null;
  let text = "";

  return {
    start({ id: callId, name, kind }) {
      text = "";
      const tool = tools.get(name);
      if (tool !== undefined && tool.type !== "namespace") {
        open = { form: "item", tool: tool.type, callId };
        return none;
      }
      const id = frames.nextId(kind === "custom" ? "ctc" : "fc");
      const head: CallHead =
        tool === undefined
          ? { id, callId, name, kind }
          : { id, callId, name: tool.name, namespace: tool.namespace, kind };
      const { index, frame } = frames.add(callItem(head, "in_progress", ""));
      const type =
        kind === "custom" ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
      open = { form: "call", head, index, deltaHead: frames.deltaHead(type, { item_id: id, output_index: index }) };
      return [frame];
    },
    delta(words) {
      text += words;
      return open?.form === "call" ? [frames.delta(open.deltaHead, words)] : none;
    },
    end() {
      const call = open;
      open = null;
      if (call === null) return none;
      if (call.form === "item") {
        return frames.whole(writeItemCall(call.tool, frames.nextId(itemPrefixes[call.tool]), call.callId, text), null);
      }
      const { head, index } = call;
      const out: Uint8Array[] = [];
      if (head.kind === "function" && text.trim() === "") {
        text = "{}";
        out.push(frames.delta(call.deltaHead, text));
      }
      const place = { item_id: head.id, output_index: index };
      out.push(
        head.kind === "custom"
          ? frames.event("response.custom_tool_call_input.done", { ...place, input: text })
          : frames.event("response.function_call_arguments.done", { ...place, name: head.name, arguments: text }),
        frames.done(index, callItem(head, callStatus(head.kind, text), text)),
      );
      return out;
    },
  };
}
