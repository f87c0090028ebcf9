/**
 * The one place where `doctor` meets the trust stores of this machine. It is written against the interface of
 * `src/intercept/trust/stores/index.ts`; where that is there, this file becomes:
 *
 *   import { inspectStores, systemMachine } from "../../intercept/trust/stores/index.ts";
 *   export const inspectTrust: InspectTrust = ({ env, platform }, roots) => inspectStores(systemMachine(env, platform), roots);
 */
import type { CommandContext } from "../context.ts";

/** One store of certificates. `stale`: it trusts a root of ours from before a rotation. */
export interface StoreReport {
  readonly id: string;
  readonly label: string;
  readonly scope: "user" | "system";
  readonly state: "trusted" | "absent" | "stale" | "unavailable";
  readonly detail: string;
  readonly fix: string | null;
}

/** Root certificates of this home, in PEM. */
export interface OwnRoots {
  readonly current: string | null;
  readonly former: readonly string[];
}

export type InspectTrust = (
  context: Pick<CommandContext, "env" | "platform">,
  roots: OwnRoots,
) => Promise<readonly StoreReport[]>;

export const inspectTrust: InspectTrust = () => Promise.resolve([]);
