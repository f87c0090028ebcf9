/** The one place where `doctor` meets the trust stores of this machine. */
import { inspectStores, type StoreReport, systemMachine } from "../../intercept/trust/stores/index.ts";

import type { CommandContext } from "../context.ts";

export type { StoreReport };

/** Root certificates of this home, in PEM. */
export interface OwnRoots {
  readonly current: string | null;
  readonly former: readonly string[];
}

export type InspectTrust = (
  context: Pick<CommandContext, "env" | "platform">,
  roots: OwnRoots,
) => Promise<readonly StoreReport[]>;

export const inspectTrust: InspectTrust = ({ env, platform }, roots) =>
  inspectStores(systemMachine(env, platform), roots);
