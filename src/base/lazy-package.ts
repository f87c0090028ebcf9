/**
 * Packages that few calls need, loaded at their first use and not at every start (protobufjs and Smithy's codec took 40 ms
 * and 10 MB each, measured 2026-11). Synchronous, because formats are. A package's name is found from wherever this file
 * ends up in the bundle; files of our own are not (docs/decisions/0012-bundled.md).
 */
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** `Exports`: what the package's CommonJS form exports, which the caller knows. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast that callers name, as `require` is none
export function lazyPackage<Exports>(name: string): () => Exports {
  let loaded: { readonly exports: Exports } | null = null;
  return () => {
    loaded ??= { exports: load(name) as Exports }; // a package is what its name says
    return loaded.exports;
  };
}
