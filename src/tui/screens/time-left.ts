/** How long until an instant, and how long since, in the few cells that a column has. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A clock that runs down: `00:07`, `04:31`, `2h05`, `3d`. At its end it stands still until the core has answered. */
export function countdown(until: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1_000));
  if (seconds >= 3_600) return spanOf(seconds * 1_000);
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** `45s`, `41m`, `1h12`, `6h`, `10d`. */
export function spanOf(ms: number): string {
  if (ms < minuteMs) return `${Math.max(0, Math.ceil(ms / 1_000))}s`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)}m`;
  if (ms < dayMs) {
    const minutes = Math.floor((ms % hourMs) / minuteMs);
    return `${Math.floor(ms / hourMs)}h${minutes === 0 ? "" : two(minutes)}`;
  }
  return `${Math.floor(ms / dayMs)}d`;
}

export function agoOf(at: number, now: number): string {
  return now - at < 1_000 ? "just now" : `${spanOf(now - at)} ago`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
