/** The `/` text filter: words that must all be there; a leading `-` turns a word into one that must not. */
import type { FlowView } from "./flow-view.ts";

export type FlowFilter = (flow: FlowView) => boolean;

export function compileFilter(text: string): FlowFilter {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = words.filter((word) => !word.startsWith("-") || word === "-");
  const unwanted = words.flatMap((word) => (word.startsWith("-") && word !== "-" ? [word.slice(1)] : []));
  if (words.length === 0) return () => true;
  return (flow) => {
    const hay = haystack(flow);
    return wanted.every((word) => hay.includes(word)) && !unwanted.some((word) => hay.includes(word));
  };
}

function haystack(flow: FlowView): string {
  return [
    `#${flow.number}`,
    flow.client,
    flow.method,
    flow.host + flow.path,
    flow.model.asked,
    flow.model.served,
    flow.provider === null ? null : `${flow.provider}:${flow.account ?? ""}`,
    flow.combo,
    flow.action,
    flow.state,
    flow.status,
    flow.formats.client,
    flow.formats.upstream,
    flow.error,
    flow.refusal === null ? null : `tls! ${flow.refusal.message}`,
    ...flow.losses,
  ]
    .filter((part) => part !== null)
    .join(" ")
    .toLowerCase();
}
