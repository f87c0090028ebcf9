/** The certificate authority of this home: there, whole, valid, wide enough, and in the files that clients are pointed at. */
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CaErrorKind } from "../../intercept/ca/error.ts";
import type { LeftOut } from "../../intercept/ca/scope.ts";
import type { StoredAuthority } from "../../intercept/ca/stored.ts";
import type { CommandContext } from "../context.ts";
import { type Check, type CheckGroup, type Finding, listText, ok, type Repair, skip } from "./check.ts";
import type { DoctorDeps } from "./facts.ts";
import { textOf } from "./read-text.ts";

const dayMs = 86_400_000;
/** As the core warns at its start. */
const warnBeforeMs = 30 * dayMs;

const rotateCommand = "switchyard ca rotate";

function rotation(context: CommandContext): Repair {
  return {
    what: "make a new certificate authority (switchyard ca rotate); stores that trust the old one need the new one",
    async run() {
      const { rotateNow } = await import("../ca.ts");
      await rotateNow(context);
    },
  };
}

/** What a new one puts right; the other faults are of the folder, and closing that is offered under "privacy". */
const madeAnew: readonly CaErrorKind[] = ["corrupt", "mismatched"];

const present: Check = {
  id: "authority",
  title: "authority",
  async run({ authority, context }) {
    const fact = await authority();
    switch (fact.kind) {
      case "none":
        return {
          state: "warn",
          text: "none has been made yet",
          why: "the first start makes it",
          fix: "switchyard start -d",
          repair: {
            what: `make the certificate authority in ${context.paths.certsDir}`,
            run: () => makeAuthority(context),
          },
        };
      case "broken": {
        const { kind, message, fix } = fact.error;
        const finding: Finding = { state: "fail", text: message, why: "no core starts with it", fix };
        return madeAnew.includes(kind) ? { ...finding, repair: rotation(context) } : finding;
      }
      case "there":
        return ok(`${shortFingerprint(fact.stored.fingerprint)}; key, certificates and chain belong together`);
    }
  },
};

/** As a start makes it, with the files for clients beside it. */
async function makeAuthority(context: CommandContext): Promise<void> {
  const { authorityOptions } = await import("../ca.ts");
  const { openAuthority } = await import("../../intercept/ca/authority.ts");
  const options = await authorityOptions(context);
  await writeTrustFiles(context, (await openAuthority(options)).rootPem);
}

/** What else stands in them stays: a core may have been started where a company's root was named. */
async function writeTrustFiles({ env, paths, random }: CommandContext, rootPem: string): Promise<void> {
  const { refreshTrustFiles, writeBundle, writeExtraCa } = await import("../../intercept/trust/bundle.ts");
  const options = { dir: paths.certsDir, rootPem, env, random };
  await refreshTrustFiles(options);
  if (!existsSync(join(options.dir, "bundle.pem"))) await writeBundle(options);
  if (!existsSync(join(options.dir, "extra.pem"))) await writeExtraCa(options);
}

const validity: Check = {
  id: "validity",
  title: "validity",
  async run(deps) {
    const stored = await storedOf(deps);
    if (stored === null) return skip("there is no authority to look at");
    const { context } = deps;
    const now = context.clock.now();
    const { notBefore, expiresAt } = stored;
    if (now < notBefore) {
      const text = `valid from ${day(notBefore)}, and the clock says ${day(now)}`;
      return { state: "fail", text, why: "every client refuses it until then", fix: "set the clock right" };
    }
    if (now >= expiresAt) {
      const text = `expired on ${day(expiresAt)}`;
      return { state: "fail", text, why: "no core starts with it", fix: rotateCommand, repair: rotation(context) };
    }
    const days = Math.floor((expiresAt - now) / dayMs);
    const text = `until ${day(expiresAt)}, ${days} ${days === 1 ? "day" : "days"} left`;
    if (expiresAt - now > warnBeforeMs) return ok(text);
    return { state: "warn", text, why: "it expires soon", fix: rotateCommand, repair: rotation(context) };
  },
};

const reasons: Readonly<Record<LeftOut["reason"], string>> = {
  "no-constraint": "a star in the middle cannot be put into a certificate; write the names out",
  "too-broad": "it would cover a whole top-level domain",
  address: "addresses get no certificate",
  invalid: "it is no host name",
  "not-in-certificate": "newer than the certificate",
};

const scope: Check = {
  id: "scope",
  title: "scope",
  async run(deps) {
    const stored = await storedOf(deps);
    const { usable } = deps.config();
    if (stored === null || usable === null) return skip("there is no authority, or no valid configuration, to compare");
    const { defaultHosts } = await import("../../engine/providers/hosts.ts");
    const { planScope, planWithin } = await import("../../intercept/ca/scope.ts");
    const hosts = [...usable.intercept.hosts.filter((host) => host !== "default"), ...defaultHosts];
    const leftOut = planWithin(planScope(hosts), stored.scope);
    if (leftOut.length === 0)
      return ok(`${stored.scope.length} names, and all that they stand above; every configured host is among them`);
    const newer = leftOut.filter(({ reason }) => reason === "not-in-certificate");
    const never = leftOut.filter(({ reason }) => reason !== "not-in-certificate");
    const findings = never.map(({ pattern, reason }): Finding => {
      const text = `${pattern} is tunnelled, not decrypted: ${reasons[reason]}`;
      return { state: "warn", text, fix: "change it under intercept.hosts" };
    });
    if (newer.length === 0) return findings;
    const text = `${listText(newer.map(({ pattern }) => pattern))}: tunnelled, not decrypted`;
    const why = "configured after the certificate was made";
    return [...findings, { state: "warn", text, why, fix: rotateCommand, repair: rotation(deps.context) }];
  },
};

const files: Check = {
  id: "files",
  title: "files for clients",
  async run(deps) {
    const stored = await storedOf(deps);
    if (stored === null) return skip("there is no authority to look at");
    const { context } = deps;
    const names = ["root.pem", "extra.pem", "bundle.pem"];
    const wrong = names.filter((name) => !holds(textOf(join(context.paths.certsDir, name)), stored));
    if (wrong.length === 0) return ok(`${listText(names)} hold it`);
    return {
      state: (await deps.core()).kind === "running" ? "fail" : "warn",
      text: `${listText(wrong)} in ${context.paths.certsDir} do not hold the root in force`,
      why: "clients that are pointed there would not trust us; the next start writes them anew",
      fix: "switchyard stop; switchyard start -d",
      repair: {
        what: `write ${listText(names)} anew`,
        async run() {
          const { publicFileMode, replaceFile } = await import("../../intercept/ca/files.ts");
          await replaceFile(join(context.paths.certsDir, "root.pem"), stored.rootPem, publicFileMode, context.random);
          await writeTrustFiles(context, stored.rootPem);
        },
      },
    };
  },
};

/** The root stands first in each of them. */
function holds(text: string | null, { fingerprint }: StoredAuthority): boolean {
  if (text === null) return false;
  try {
    return new X509Certificate(text).fingerprint256 === fingerprint;
  } catch {
    // Not a certificate at all.
    return false;
  }
}

export async function storedOf({ authority }: Pick<DoctorDeps, "authority">): Promise<StoredAuthority | null> {
  const fact = await authority();
  return fact.kind === "there" ? fact.stored : null;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Enough to compare two by eye; the whole is in `ca status`. */
export function shortFingerprint(fingerprint: string): string {
  return `${fingerprint.slice(0, 23)}…`;
}

export const caChecks: CheckGroup = { id: "certificates", checks: [present, validity, scope, files] };
