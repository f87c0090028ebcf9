/** A wait for an account: until it is thought to be ready, something changed in the pool, or the client has gone. */
import type { Tools } from "./tools.ts";

export async function pause(
  { after, pool }: Pick<Tools, "after" | "pool">,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const over = new AbortController();
  await new Promise<void>((resolve) => {
    const callOff = after(ms, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
    over.signal.addEventListener("abort", callOff, { once: true });
    pool.changed(over.signal).then(resolve, resolve);
  });
  over.abort();
}
