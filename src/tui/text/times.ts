/** Spans of time in few cells: how long ago, how long still. Computed from instants when a row is painted. */

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** `12s`, `5m`, `3h05`, `2d`: how long ago that was. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < minute) return `${seconds}s`;
  if (seconds < hour) return `${Math.floor(seconds / minute)}m`;
  if (seconds < day) return `${Math.floor(seconds / hour)}h${two(Math.floor((seconds % hour) / minute))}`;
  return `${Math.floor(seconds / day)}d`;
}

/** `00:07`, `04:31`, `1h12`, `2d03`: how long still. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < hour) return `${two(Math.floor(seconds / minute))}:${two(seconds % minute)}`;
  if (seconds < day) return `${Math.floor(seconds / hour)}h${two(Math.floor((seconds % hour) / minute))}`;
  return `${Math.floor(seconds / day)}d${two(Math.floor((seconds % day) / hour))}`;
}

function two(figure: number): string {
  return String(figure).padStart(2, "0");
}
