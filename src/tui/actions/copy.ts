/** Something of a call into the clipboard. Captured text goes there as it was kept, and nowhere else. */
import { answerText } from "../body/answer-text.ts";
import { type Choice, chooseDialog, type Effect, said } from "../state/effect.ts";
import type { FlowDetail, FlowView, StatusView } from "../state/flow-view.ts";
import type { FlowAction } from "./action.ts";
import { withDetail } from "./flow-detail.ts";

export const copyAction: FlowAction = {
  name: "copy",
  keys: ["y"],
  title: "copy: URL, curl, bodies, answer, id",
  bar: "copy",
  contexts: ["traffic", "detail"],
  run: (flow, open, { ui }) => chooseDialog(`Copy of #${flow.number}`, choices(flow, open, ui.status)),
};

function choices(flow: FlowView, open: FlowDetail | null, status: StatusView | null): readonly Choice[] {
  const url = urlOf(flow, status);
  // A client that refused our certificate sent no call.
  if (flow.refusal !== null) {
    return [
      { label: "host", detail: flow.host, effect: copy(flow.host, "the host") },
      { label: "what to do", detail: flow.refusal.fix, effect: copy(flow.refusal.fix, "what to do") },
    ];
  }
  const show = `switchyard flows show ${flow.id}`;
  const body = (side: "client-request" | "client-reply", what: string): Effect =>
    withDetail(flow, open, (detail) => copyOrSay(detail.sides[side]?.body?.text ?? null, what));
  return [
    { label: "URL", detail: url, effect: copy(url, "the URL") },
    { label: "curl command", effect: curl(flow) },
    { label: "request body", effect: body("client-request", "the request body") },
    { label: "answer body", effect: body("client-reply", "the answer body") },
    {
      label: "text of the answer",
      effect: withDetail(flow, open, ({ sides }) =>
        copyOrSay(answerText(sides["client-reply"]?.body?.text ?? ""), "the text of the answer"),
      ),
    },
    { label: "flow id", detail: flow.id, effect: copy(flow.id, "the flow id") },
    { label: "command", detail: show, effect: copy(show, "the command") },
  ];
}

function copy(text: string, what: string): Effect {
  return { type: "copy", text, what };
}

function copyOrSay(text: string | null, what: string): Effect {
  return text === null || text === ""
    ? said(`${what} is not there: empty, not text, or not kept`, "warn")
    : copy(text, what);
}

function curl({ id }: FlowView): Effect {
  return {
    type: "export-text",
    question: { format: "curl", ids: [id] },
    done: (text) => copyOrSay(text.trim() === "" ? null : text, "the curl command"),
  };
}

/** Calls to our own port are not encrypted; everything else that was read was HTTPS. */
function urlOf({ host, path }: FlowView, status: StatusView | null): string {
  const isOwn = host === status?.host || loopback.test(host);
  if (!isOwn) return `https://${host}${path}`;
  return `http://${host}${status?.port == null ? "" : `:${status.port}`}${path}`;
}

const loopback = /^(?:127\.0\.0\.1|localhost|\[?::1\]?)$/;
