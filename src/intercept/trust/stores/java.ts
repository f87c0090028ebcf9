/** The trust store of the Java in use, `cacerts`: only when somebody asks, for every other Java has one of its own. */
import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { certificatesIn } from "../pem.ts";
import type { Command, TrustMachine } from "./machine.ts";
import { nameInStores, ownRootsIn } from "./own-root.ts";
import { packageFor } from "./packages.ts";
import { canElevate } from "./step.ts";
import type { Holding, Obstacle, Store } from "./store.ts";

/** Java's own default, known to everybody: it keeps nothing secret. */
const storePassword = "changeit";
/** Java 9 and later, Java 8 with a JDK around it. */
const keystorePaths = ["lib/security/cacerts", "jre/lib/security/cacerts"];

export function javaStores(machine: TrustMachine): readonly Store[] {
  const home = javaHome(machine);
  const keystore = keystorePaths
    .map((path) => join(home ?? "", path))
    .find((path) => home !== null && existsSync(path));
  return [javaStore(machine, keystore ?? null)];
}

export function javaStoreById(machine: TrustMachine, id: string): Store | null {
  const keystore = /^java:(.+)$/.exec(id)?.[1];
  return keystore === undefined ? null : javaStore(machine, keystore);
}

/** JAVA_HOME, or where the keytool in PATH really lies: `HOME/bin/keytool`. */
function javaHome(machine: TrustMachine): string | null {
  const named = machine.env["JAVA_HOME"];
  if (named) return named;
  for (const folder of (machine.env["PATH"] ?? "").split(":")) {
    const keytool = join(folder, "keytool");
    if (folder !== "" && existsSync(keytool)) return dirname(dirname(realpathSync(keytool)));
  }
  return null;
}

function javaStore(machine: TrustMachine, keystore: string | null): Store {
  const keytool = keytoolOf(machine);
  const elevated = keystore !== null && !isWritable(keystore);
  const common = ["-keystore", keystore ?? "", "-storepass", storePassword];
  return {
    id: `java:${keystore ?? "none"}`,
    label: keystore === null ? "Java" : `Java (${keystore})`,
    family: "java",
    scope: elevated ? "system" : "user",
    obstacle: obstacleOf(machine, keystore, elevated),
    find: () => find(machine, keytool, keystore, common),
    install(root, file) {
      const name = nameInStores(machine, root);
      const command: Command = [keytool, "-importcert", "-noprompt", ...common, "-alias", name, "-file", file];
      return Promise.resolve([{ kind: "run", command, elevated }]);
    },
    remove: (holdings) =>
      holdings
        .filter(({ keeper }) => keeper === null)
        .map(({ place }) => ({ kind: "run", command: [keytool, "-delete", ...common, "-alias", place], elevated })),
  };
}

function keytoolOf(machine: TrustMachine): string {
  const named = machine.env["JAVA_HOME"];
  const beside = named ? join(named, "bin", "keytool") : "";
  return beside !== "" && existsSync(beside) ? beside : "keytool";
}

async function find(
  machine: TrustMachine,
  keytool: string,
  keystore: string | null,
  common: readonly string[],
): Promise<readonly Holding[]> {
  if (keystore === null || !existsSync(keystore)) return [];
  const { stdout } = await machine.look([keytool, "-J-Duser.language=en", "-list", "-rfc", ...common]);
  return stdout.split(/^Alias name: /m).flatMap((entry) => {
    const [alias = ""] = entry.split("\n", 1);
    const several = certificatesIn(entry).length > 1;
    const keeper = several ? `the entry ${alias} holds other certificates as well` : null;
    return ownRootsIn(entry).map((root): Holding => ({ root, place: alias.trim(), trusted: true, keeper }));
  });
}

function obstacleOf(machine: TrustMachine, keystore: string | null, elevated: boolean): Obstacle | null {
  if (keystore === null) {
    return { detail: "no Java with a cacerts file", fix: packageFor(machine, "keytool") };
  }
  if (keytoolOf(machine) === "keytool" && machine.find("keytool") === null) {
    return { detail: "keytool is not installed", fix: packageFor(machine, "keytool") };
  }
  if (!elevated || canElevate(machine)) return null;
  const detail = `${keystore} belongs to the system, and neither sudo nor doas is installed`;
  return { detail, fix: "run the same command as root" };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
