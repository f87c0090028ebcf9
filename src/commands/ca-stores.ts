/** Who trusts us, as `ca status` and `ca rotate` tell it. */
import { type ExaminedStore, installCommand, reportOf, type StoreReport } from "../intercept/trust/stores/index.ts";
import { shortFingerprint } from "../intercept/trust/stores/own-root.ts";
import { rootsOfHome, searchStores } from "./ca-uninstall.ts";
import { type CommandContext, shown } from "./context.ts";

/** A root of ours, or of another install, that somebody may want to take back. */
export interface Leftover {
  readonly store: string;
  readonly label: string;
  readonly fingerprint: string;
  /** False: this home never made it. */
  readonly ours: boolean;
  readonly fix: string;
}

export interface StoresOfHome {
  readonly stores: readonly StoreReport[];
  readonly leftovers: readonly Leftover[];
  /** The stores that hold a former root, each with that root. */
  readonly former: readonly FormerIn[];
}

export interface FormerIn {
  readonly store: ExaminedStore["store"];
  readonly fingerprint: string;
}

export async function storesOfHome(context: CommandContext, java: boolean): Promise<StoresOfHome> {
  const search = await searchStores(context, java);
  const current = search.roots.current?.fingerprint;
  const ours = new Set(rootsOfHome(search).map(({ fingerprint }) => fingerprint));
  const roots = {
    current: search.roots.current?.pem ?? null,
    former: rootsOfHome(search)
      .filter(({ fingerprint }) => fingerprint !== current)
      .map(({ pem }) => pem),
  };
  const others = search.stores.flatMap(({ store, holdings }) => {
    const prints = new Set(holdings.map(({ root }) => root.fingerprint).filter((print) => print !== current));
    return [...prints].map((fingerprint) => ({ store, fingerprint }));
  });
  return {
    stores: search.stores.map((examined) => reportOf(examined, roots)),
    leftovers: others.map(({ store, fingerprint }) => ({
      store: store.id,
      label: store.label,
      fingerprint,
      ours: ours.has(fingerprint),
      fix: removal(fingerprint),
    })),
    former: others.filter(({ fingerprint }) => ours.has(fingerprint)),
  };
}

const words: Readonly<Record<StoreReport["state"], string>> = {
  trusted: "trusted",
  absent: "not trusted",
  stale: "stale: trusts a former root",
  unavailable: "unavailable",
};

/** One line per store, with what would help below it. */
export function storeLines(stores: readonly StoreReport[], leftovers: readonly Leftover[]): readonly string[] {
  const width = Math.max(0, ...stores.map(({ label }) => label.length));
  const lines = stores.flatMap(({ label, state, detail, fix }) => {
    const more = detail === "" ? "" : `  (${shown(detail)})`;
    const help = state === "unavailable" || state === "absent" ? (fix ?? "").split("\n") : [];
    return [
      `${shown(label.padEnd(width))}  ${words[state]}${more}`,
      ...help.filter((line) => line !== "").map((line) => `  ${shown(line)}`),
    ];
  });
  return [
    ...(lines.length === 0 ? ["no trust store was found; tools started with switchyard run need none"] : lines),
    ...leftovers.map(({ label, fingerprint, ours, fix }) => {
      const what = ours ? "former root" : "root of another install";
      return `leftover: ${what} ${shortFingerprint(fingerprint)} in ${shown(label)}: ${fix}`;
    }),
  ];
}

/** After a rotation: what was trusted by hand trusts the wrong root now. */
export function staleLines(former: readonly FormerIn[]): readonly string[] {
  if (former.length === 0) return [];
  const stores = [...new Map(former.map(({ store }) => [store.id, store])).values()];
  return [
    `stale now: ${stores.map(({ label }) => shown(label)).join(", ")} ${stores.length === 1 ? "trusts" : "trust"} a former root`,
    ...[...new Set(stores.map(installCommand))].map((command) => `  trust the new one:   ${command}`),
    ...[...new Set(former.map(({ fingerprint }) => fingerprint))].map(
      (fingerprint) => `  forget the old one:  ${removal(fingerprint)}`,
    ),
  ];
}

/** For a home without an authority: roots of one that was there before, or of somebody else's. */
export async function strayLine(context: CommandContext): Promise<readonly string[]> {
  const { leftovers } = await storesOfHome(context, false);
  const [first] = leftovers;
  if (first === undefined) return [];
  return [`a root of ${first.ours ? "this home" : "another install"} is in ${shown(first.label)}: ${first.fix}`];
}

function removal(fingerprint: string): string {
  return `switchyard ca uninstall --fingerprint ${shortFingerprint(fingerprint)}`;
}
