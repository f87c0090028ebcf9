/** The trust stores of a machine: which there are, and what of ours is in them. Looking changes nothing. */
import { javaStoreById, javaStores } from "./java.ts";
import type { TrustMachine } from "./machine.ts";
import { keychainStores } from "./macos.ts";
import { nssStoreById, nssStores } from "./nss.ts";
import { type OwnRoot, ownRoot, shortFingerprint } from "./own-root.ts";
import type { Holding, Store } from "./store.ts";
import { systemAnchorStore, systemAnchorStores } from "./system-anchors.ts";
import { windowsStores } from "./windows.ts";

export { systemMachine, type TrustMachine } from "./machine.ts";

export interface StoreReport {
  readonly id: string;
  readonly label: string;
  readonly scope: "user" | "system";
  /** By content: `stale` is a store that trusts a former root of ours and not the current one. */
  readonly state: "trusted" | "absent" | "stale" | "unavailable";
  readonly detail: string;
  readonly fix: string | null;
}

export interface KnownRoots {
  /** PEM. */
  readonly current: string | null;
  readonly former: readonly string[];
}

export interface StoreChoice {
  /** Java's stores are looked at only on request: that starts a Java machine. */
  readonly java?: boolean;
  /** Ids that the journal names: looked at wherever they are. */
  readonly also?: readonly string[];
}

/** One for each store that there is, in the order of a list: the user's own first. */
export async function inspectStores(
  machine: TrustMachine,
  roots: KnownRoots,
  choice: StoreChoice = {},
): Promise<readonly StoreReport[]> {
  return (await examineStores(machine, choice)).map((examined) => reportOf(examined, roots));
}

export interface ExaminedStore {
  readonly store: Store;
  readonly holdings: readonly Holding[];
}

export async function examineStores(
  machine: TrustMachine,
  choice: StoreChoice = {},
): Promise<readonly ExaminedStore[]> {
  const stores = trustStores(machine, choice);
  return Promise.all(stores.map(async (store) => ({ store, holdings: await store.find() })));
}

export function trustStores(machine: TrustMachine, { java = false, also = [] }: StoreChoice = {}): readonly Store[] {
  const found = [
    ...nssStores(machine),
    ...keychainStores(machine),
    ...windowsStores(machine),
    ...systemAnchorStores(machine),
    ...(java ? javaStores(machine) : []),
  ];
  const missing = also.filter((id, index) => also.indexOf(id) === index && !found.some((store) => store.id === id));
  return [...found, ...missing.flatMap((id) => storeById(machine, id) ?? [])];
}

function storeById(machine: TrustMachine, id: string): Store | null {
  return systemAnchorStore(machine, id) ?? nssStoreById(machine, id) ?? javaStoreById(machine, id);
}

export function reportOf({ store, holdings }: ExaminedStore, roots: KnownRoots): StoreReport {
  const { id, label, scope, obstacle } = store;
  const about = { id, label, scope };
  const current = roots.current === null ? null : ownRoot(roots.current);
  const isCurrent = ({ root }: Holding): boolean => root.fingerprint === current?.fingerprint;
  const formerPrints = new Set(roots.former.flatMap((pem) => ownRoot(pem)?.fingerprint ?? []));
  const former = holdings.filter((holding) => formerPrints.has(holding.root.fingerprint) && !isCurrent(holding));
  const strange = holdings.filter((holding) => !formerPrints.has(holding.root.fingerprint) && !isCurrent(holding));
  const besides = [...named(former, "former root"), ...named(strange, "root of another install")];
  const removal = removalOf([...former, ...strange]);
  if (holdings.some((holding) => isCurrent(holding) && holding.trusted)) {
    return { ...about, state: "trusted", detail: besides.join("; "), fix: removal };
  }
  if (former.length > 0) {
    const detail = `${besides.join("; ")}, and not the current one`;
    return { ...about, state: "stale", detail, fix: removal };
  }
  if (obstacle !== null) return { ...about, state: "unavailable", detail: obstacle.detail, fix: obstacle.fix };
  const untrusted = holdings.some(isCurrent) ? ["the current root is there, and not trusted"] : [];
  const detail = [...untrusted, ...besides].join("; ");
  return { ...about, state: "absent", detail, fix: untrusted.length > 0 ? installCommand(store) : removal };
}

/** `switchyard ca install` with the flag that reaches this store. */
export function installCommand(store: Pick<Store, "scope" | "family">): string {
  if (store.family === "java") return "switchyard ca install --java";
  return store.scope === "user" ? "switchyard ca install" : "switchyard ca install --system";
}

function named(holdings: readonly Holding[], what: string): readonly string[] {
  return distinct(holdings).map(({ fingerprint }) => `a ${what} (${shortFingerprint(fingerprint)}) is there`);
}

function removalOf(holdings: readonly Holding[]): string | null {
  const [first] = distinct(holdings);
  return first === undefined ? null : `switchyard ca uninstall --fingerprint ${shortFingerprint(first.fingerprint)}`;
}

function distinct(holdings: readonly Holding[]): readonly OwnRoot[] {
  return [...new Map(holdings.map(({ root }) => [root.fingerprint, root])).values()];
}
