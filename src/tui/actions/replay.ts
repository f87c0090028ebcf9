/** Calls made again: as they were, with another body, or somewhere else. Each is a flow of its own, which is opened. */
import { own, parseJson } from "../../base/json.ts";
import { safeLine } from "../../base/safe-text.ts";
import { prettyJson } from "../body/json.ts";
import { chooseDialog, type Effect, said } from "../state/effect.ts";
import { type BodyView, type FlowView, isLive } from "../state/flow-view.ts";
import type { FlowAction } from "./action.ts";
import { withDetail } from "./flow-detail.ts";
import { chooseTarget } from "./targets.ts";

const contexts = ["traffic", "detail"] as const;

export const replayActions: readonly FlowAction[] = [
  {
    name: "replay",
    keys: ["r"],
    title: "make the call again as it is",
    bar: "replay",
    contexts,
    possible: replayable,
    run: (flow) => replay(flow, {}),
  },
  {
    name: "edit",
    keys: ["e"],
    title: "edit its body and send it",
    bar: "edit",
    contexts,
    possible: replayable,
    run: (flow, open) => withDetail(flow, open, ({ sides }) => edit(flow, sides["client-request"]?.body ?? null)),
  },
  {
    name: "replay-via",
    keys: ["R"],
    title: "make it again at another target",
    contexts,
    possible: replayable,
    run: (flow, _open, { book }) =>
      chooseTarget({ title: `Replay #${flow.number} via`, book, also: [] }, (via) => replay(flow, { via })),
  },
];

/** What the core would refuse is not asked of it: the reason stands here before anything is typed. */
function replayable(flow: FlowView): true | string {
  if (flow.refusal !== null) return "the client hung up before it sent a call";
  if (flow.action === "tunnel") return "a tunnel is not decrypted: there is no call in it to make again";
  if (flow.protocol === "websocket") return "a WebSocket is no single call that could be made again";
  if (isLive(flow)) return "it has not ended yet";
  return true;
}

interface Wish {
  readonly via?: string;
  readonly body?: string;
}

function replay(flow: FlowView, wish: Wish): Effect {
  return {
    type: "ask",
    method: "POST",
    path: `/flows/${encodeURIComponent(flow.id)}/replay`,
    body: wish,
    done(answer) {
      const id = own(answer, "id");
      if (typeof id !== "string" || id === "") return said("the core does not say which call it made", "warn");
      const how = wish.via === undefined ? "" : ` via ${safeLine(wish.via)}`;
      // Its flow may be told after this answer: it is opened all the same.
      const open: Effect = { type: "open-flow", id: safeLine(id), isNew: true };
      return { type: "all", effects: [open, said(`#${flow.number} was made again${how}: this is the new call`)] };
    },
  };
}

function edit(flow: FlowView, body: BodyView | null): Effect {
  if (body === null || body.truncated) return said("its body was not kept whole: there is nothing to edit", "warn");
  if (body.text === null && body.bytes > 0) return said("its body is not text: it cannot be edited", "warn");
  const given = body.text ?? "";
  const isJson = parseJson(given).ok;
  return editor(flow, isJson ? `${[...prettyJson(given)].join("\n")}\n` : given, isJson);
}

/** What was JSON should still be; what is not any more is not lost for it. */
function editor(flow: FlowView, text: string, isJson: boolean): Effect {
  return {
    type: "edit",
    text,
    suffix: isJson ? ".json" : ".txt",
    done(saved) {
      const send = replay(flow, { body: saved });
      const parsed = parseJson(saved);
      if (!isJson || parsed.ok) return send;
      return chooseDialog(`That is not JSON: ${safeLine(parsed.why)}`, [
        { label: "edit again", effect: editor(flow, saved, isJson) },
        { label: "send it as it is", effect: send },
        { label: "send nothing", effect: { type: "hint", text: "nothing was sent" } },
      ]);
    },
  };
}
