import type { Observed } from "../format.ts";

export const observe = (): Observed => ({ model: null, usage: null, finish: null });
