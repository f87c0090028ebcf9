/**
 * From a key to its effect, as it leaves the program: not to the next paint, which under load comes anyway, but to the first
 * output that shows what the key asked for.
 */
import type { Pty } from "./pty.ts";

export interface KeyStep {
  readonly keys: string;
  readonly what: string;
  /** Whether the output since the key shows its effect. */
  readonly seen: (drawn: string) => boolean;
}

/** People pause between keys; an odd figure keeps the keys from falling into step with the paints. */
const gapMs = 31;

/** Moving, which redraws two rows, is most of it; leaving the newest flow and opening help also change the frame. */
export function keyScript(): readonly KeyStep[] {
  const moved = createSelectionWatch();
  const moves = ["j", "j", "j", "k", "j", "k", "k", "j"].map(
    (keys): KeyStep => ({ keys, what: `the selection to move on ${keys}`, seen: moved }),
  );
  return [
    { keys: "j", what: "follow off", seen: (drawn) => drawn.includes("follow off") && moved(drawn) },
    ...moves,
    { keys: "?", what: "help", seen: (drawn) => drawn.includes("Help:") },
    { keys: "?", what: "the list again", seen: (drawn) => drawn.includes("req/m") && drawn.includes("follow") },
    ...moves.slice(0, 2),
    { keys: "f", what: "follow on", seen: (drawn) => drawn.includes("follow ON") && moved(drawn) },
  ];
}

/**
 * The selected row starts with a mark. Data draws that row again where it is, while the list does not follow; that it
 * stands in another row is the key's doing.
 */
function createSelectionWatch(): (drawn: string) => boolean {
  let row: string | undefined;
  return (drawn) => {
    // oxlint-disable-next-line no-control-regex -- the position before the row is what is read
    const now = [...drawn.matchAll(/\u001b\[(\d+);1H\u001b\[0;7m>/g)].findLast((mark) => mark[1] !== row)?.[1];
    if (now === undefined) return false;
    row = now;
    return true;
  };
}

export async function keyLatencies(pty: Pty, script: readonly KeyStep[], count: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  while (latencies.length < count) {
    for (const { keys, what, seen } of script) {
      await new Promise((resolve) => setTimeout(resolve, gapMs));
      const typedAt = performance.now();
      pty.type(keys);
      latencies.push((await pty.until(what, seen)) - typedAt);
    }
  }
  return latencies;
}
