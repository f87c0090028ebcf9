/** What a part of the bench is given. */
import { buildProgram, type BuiltProgram } from "../support/built.ts";

/** `tiny` runs inside `npm test`: it shows that a part works and gives figures, not what they are. */
export type Size = "tiny" | "quick" | "full";

export interface Bench {
  readonly size: Size;
  /** Words of the command line that are no part: contestants of one. Empty: all. */
  readonly only: readonly string[];
  /** Events that the screen's memory is measured over; null: the size says. */
  readonly events: number | null;
  readonly say: (text: string) => void;
  /** The program as it is shipped, of these sources; built once. No loader is measured. */
  program(): Promise<BuiltProgram>;
  close(): Promise<void>;
}

export function openBench(options: Pick<Bench, "size" | "only" | "say"> & { readonly events?: number | null }): Bench {
  let built: Promise<BuiltProgram> | null = null;
  return {
    events: null,
    ...options,
    program: () => (built ??= buildProgram()),
    async close() {
      (await built)?.close();
      built = null;
    },
  };
}

export function errorText(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
