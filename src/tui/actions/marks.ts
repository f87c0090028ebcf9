/** Marking calls for what is done with several of them. */
import type { FlowAction } from "./action.ts";

export const markActions: readonly FlowAction[] = [
  {
    name: "mark",
    keys: ["m"],
    title: "mark, or take the mark off",
    bar: "mark",
    contexts: ["traffic", "detail"],
    run: (flow, _detail, { ui }) => {
      const isMarked = ui.marked.has(flow.id);
      const marked = isMarked ? [...ui.marked].filter((id) => id !== flow.id) : [...ui.marked, flow.id];
      return { type: "mark", marked };
    },
  },
  {
    name: "mark-shown",
    keys: ["M"],
    title: "mark all shown, or take all marks off",
    contexts: ["traffic"],
    run: (_flow, _detail, { ui, book }) => ({ type: "mark", marked: ui.marked.size > 0 ? [] : book.shown }),
  },
];
