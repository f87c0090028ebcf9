/** System stores that no program can add to: they are looked into where that is possible, and say what would help. */
import { holdingsIn } from "./anchor-files.ts";
import { systemPath, type TrustMachine } from "./machine.ts";
import { packageFor } from "./packages.ts";
import type { Store } from "./store.ts";

/** Its store is made from its configuration; what is in it can be seen all the same. */
export function nixosStore(machine: TrustMachine): Store {
  const bundle = systemPath(machine, "/etc/ssl/certs/ca-certificates.crt");
  return {
    id: "system:nixos",
    label: "system store (NixOS)",
    family: "system",
    scope: "system",
    obstacle: {
      detail: "NixOS makes its store from its configuration, so no program can add to it",
      fix:
        "copy the certificate beside configuration.nix (switchyard ca export -o switchyard.pem), add\n" +
        "         security.pki.certificateFiles = [ ./switchyard.pem ];\n" +
        '         and: sudo nixos-rebuild switch. Without it: switchyard run, eval "$(switchyard env)"',
    },
    find: () => Promise.resolve(holdingsIn([], bundle).map((holding) => ({ ...holding, keeper: nixKeeper }))),
    install: () => Promise.resolve([]),
    remove: () => [],
  };
}

const nixKeeper = "take it out of security.pki in configuration.nix, and: sudo nixos-rebuild switch";

export function unknownStore(machine: TrustMachine): Store {
  return {
    id: "system:unknown",
    label: "system store",
    family: "system",
    scope: "system",
    obstacle: {
      detail: "no system store of a kind that is known here",
      fix: packageFor(machine, "system-store"),
    },
    find: () => Promise.resolve([]),
    install: () => Promise.resolve([]),
    remove: () => [],
  };
}
