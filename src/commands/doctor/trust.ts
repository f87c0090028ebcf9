/** Which stores of this machine trust our root. None has to: `run` and `env` need no installed trust. */
import { formerRoots } from "../../intercept/ca/ledger.ts";
import { storedOf } from "./ca.ts";
import { type Check, type CheckGroup, type CheckState, type Finding, skip } from "./check.ts";
import type { StoreReport } from "./stores.ts";

const states: Readonly<Record<StoreReport["state"], CheckState>> = {
  trusted: "ok",
  // Not a fault, and nothing to do.
  absent: "ok",
  stale: "warn",
  unavailable: "skip",
};

const stores: Check = {
  id: "store",
  title: "store",
  async run(deps) {
    const { context, inspectTrust } = deps;
    const stored = await storedOf(deps);
    const former = await formerRoots(context.paths.certsDir, stored?.fingerprint).catch(() => []);
    const reports = await inspectTrust(context, {
      current: stored?.rootPem ?? null,
      former: former.map(({ pem }) => pem),
    });
    if (reports.length === 0) return skip("no store was looked at; `run` and `env` need none");
    return reports.map(storeFinding);
  },
};

function storeFinding({ id, label, scope, state, detail, fix }: StoreReport): Finding {
  const words: Readonly<Record<StoreReport["state"], string>> = {
    trusted: "trusts our root",
    absent: "our root is not installed, which is fine: `run` and `env` need no installed trust",
    stale: "trusts a root from before a rotation",
    unavailable: "cannot be looked at",
  };
  return {
    state: states[state],
    about: id,
    text: `${label} (${scope}): ${words[state]}`,
    ...(detail === "" || state === "absent" ? {} : { why: detail }),
    // What is not missing needs no command.
    ...(fix === null || states[state] === "ok" ? {} : { fix }),
  };
}

export const trustChecks: CheckGroup = { id: "trust", checks: [stores] };
