/** Calls taken out of the core's log: the marked ones or this one, or everything that has ended. Both ask first. */
import { own } from "../../base/json.ts";
import { confirmDialog, type Effect, said } from "../state/effect.ts";
import { type FlowView, isLive } from "../state/flow-view.ts";
import { type Around, calls, type FlowAction, markedFlows } from "./action.ts";

export const deleteActions: readonly FlowAction[] = [
  {
    name: "delete",
    keys: ["d"],
    title: "delete the marked calls, or this one (asks)",
    contexts: ["traffic", "detail"],
    possible(flow, around) {
      const meant = meantBy(flow, around);
      if (meant.some(isDeletable)) return true;
      if (meant.every(({ refusal }) => refusal !== null)) return "it is no call, only what this screen noticed";
      return meant.length === 1 ? "it has not ended yet" : "none of the marked calls has ended yet";
    },
    run(flow, _detail, around) {
      const meant = meantBy(flow, around);
      const ids = meant.filter(isDeletable).map(({ id }) => id);
      const kept = meant.length - ids.length;
      const which = markedFlows(around).length > 0 ? `the ${calls(ids.length)} marked` : `call #${flow.number}`;
      const rest =
        kept === 0 ? "" : ` (${kept} ${kept === 1 ? "has" : "have"} not ended and stay${kept === 1 ? "s" : ""})`;
      return confirmDialog(`Delete ${which} from the log?${rest}`, deleteEach(ids, around.ui.screen === "detail"));
    },
  },
  {
    name: "clear",
    keys: ["z"],
    title: "delete every call that has ended (asks)",
    bar: "clear",
    contexts: ["traffic"],
    possible: (_flow, { book }) => {
      const { flows, live, tunnels } = book.totals;
      return flows - live + tunnels > 0 ? true : "no call has ended yet";
    },
    run: (_flow, _detail, { book }) => {
      const { flows, live, tunnels } = book.totals;
      const ended = flows - live;
      const parts = [
        ...(ended === 0 ? [] : [`${calls(ended)} that ${ended === 1 ? "has" : "have"} ended`]),
        ...(tunnels === 0 ? [] : ["every tunnel that has ended"]),
      ];
      const rest = live === 0 ? "" : `; ${live} live ${live === 1 ? "one stays" : "ones stay"}`;
      const text = `Delete ${parts.join(" and ")}, shown or not${rest}?`;
      return confirmDialog(text, deleteAll({ deleted: 0, live: 0 }, null));
    },
  },
];

function meantBy(flow: FlowView, around: Around): readonly FlowView[] {
  const marked = markedFlows(around);
  return marked.length > 0 ? marked : [flow];
}

function isDeletable(flow: FlowView): boolean {
  return flow.refusal === null && !isLive(flow);
}

/** One after the other: what is refused of one ends it, with the core's own words. */
function deleteEach(ids: readonly string[], leave: boolean, deleted = 0): Effect {
  const [id, ...others] = ids;
  if (id === undefined) {
    const done = said(`${calls(deleted)} deleted`);
    return leave ? { type: "all", effects: [{ type: "show", screen: "traffic" }, done] } : done;
  }
  return {
    type: "ask",
    method: "DELETE",
    path: `/flows/${encodeURIComponent(id)}`,
    done: () => deleteEach(others, leave, deleted + 1),
  };
}

interface Deleted {
  readonly deleted: number;
  readonly live: number;
}

/** The core answers in parts when there is much to look through. */
function deleteAll(before: Deleted, older: string | null): Effect {
  return {
    type: "ask",
    method: "DELETE",
    path: `/flows?filter=${older === null ? "" : `&before=${encodeURIComponent(older)}`}`,
    done(answer) {
      const deleted = before.deleted + figure(own(answer, "deleted"));
      const live = before.live + figure(own(answer, "live"));
      const next = own(answer, "older");
      if (typeof next === "string" && next !== older) return deleteAll({ deleted, live }, next);
      const kept =
        live === 0 ? "" : `; ${calls(live)} ${live === 1 ? "has" : "have"} not ended and stay${live === 1 ? "s" : ""}`;
      return said(`${calls(deleted)} deleted${kept}`);
    },
  };
}

function figure(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
