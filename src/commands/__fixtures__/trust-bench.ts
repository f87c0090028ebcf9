/** The program as it is typed, for a home with a certificate authority, on a machine in a folder with trust stores of its own. */
import { onTestFinished } from "vitest";
import { tempFolder } from "../../../test/support/temp.ts";
import {
  type ScratchMachine,
  scratchMachine,
  type ScratchOptions,
} from "../../intercept/trust/stores/__fixtures__/scratch-machine.ts";
import { homeRoots } from "../../intercept/trust/stores/known-roots.ts";
import { shortFingerprint } from "../../intercept/trust/stores/own-root.ts";
import { engineBench, type EngineBench, type EngineBenchOptions } from "./engine-bench.ts";

export interface TrustBench extends EngineBench {
  readonly scratch: ScratchMachine;
  /** Eight digits of the current root's fingerprint. */
  readonly short: () => Promise<string>;
  /** What was printed since the last time it was asked. */
  readonly said: () => string;
}

export interface TrustBenchOptions extends ScratchOptions {
  readonly bench?: Omit<EngineBenchOptions, "trustMachine">;
  /** False: nothing was ever started here. */
  readonly authority?: boolean;
}

/** Ends with the test that asked for it. */
export async function trustBench({ bench = {}, authority = true, ...options }: TrustBenchOptions): Promise<TrustBench> {
  const folder = tempFolder("trust");
  onTestFinished(() => folder.close());
  const scratch = scratchMachine(folder.path, options);
  const made = await engineBench({
    ...bench,
    env: { PATH: scratch.machine.env["PATH"], ...bench.env },
    trustMachine: scratch.machine,
  });
  if (authority) await made.type("ca", "rotate", "--json");
  let seen = made.out().length;
  return {
    ...made,
    scratch,
    short: async () => shortFingerprint((await homeRoots(made.context.paths.certsDir)).current?.fingerprint ?? ""),
    said() {
      const text = made.out().slice(seen);
      seen = made.out().length;
      return text;
    },
  };
}
