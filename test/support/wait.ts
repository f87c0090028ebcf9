/** Waiting for something that will happen, with a deadline that says what did not. Tests never sleep. */

/** Long enough for a busy two-core machine; a healthy run never comes near it. */
const patienceMs = 10_000;

/** Polls until `check` gives something truthy, and returns it. */
export async function waitFor<Value>(
  what: string,
  check: () => Value | Promise<Value>,
  timeoutMs = patienceMs,
): Promise<NonNullable<Value>> {
  const endAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await check();
    // `0` and `""` count as "not yet", as `false` does.
    if (value) return value;
    if (performance.now() > endAt) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The promise, or an error naming what never came. */
export async function within<Value>(what: string, promise: Promise<Value>, timeoutMs = patienceMs): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not happen within ${timeoutMs} ms: ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
