/** `switchyard ca path|show|status|rotate`: the certificate authority of this home, with or without a running core. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CaStatus } from "../base/controls.ts";
import { findCore } from "../control/process.ts";
import type { Authority, AuthorityOptions } from "../intercept/ca/authority.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

export interface CaOptions {
  readonly json: boolean;
}

export async function caPath(context: CommandContext): Promise<number> {
  const authority = await openExisting(context);
  printLines(context.stdout, [authority.files.root]);
  return exitCodes.ok;
}

/** Everything about the root, the whole list of hosts included; the certificate itself is at `ca path`. */
export async function caShow(context: CommandContext, options: CaOptions): Promise<number> {
  const authority = await openExisting(context);
  const status = statusOf(authority);
  if (options.json) printJson(context, { ...status, pem: authority.rootPem });
  else printLines(context.stdout, [...statusLines(status), "", ...status.scope.map((host) => `  ${shown(host)}`)]);
  return exitCodes.ok;
}

export async function caStatus(context: CommandContext, options: CaOptions): Promise<number> {
  const authority = await openExisting(context);
  const status = statusOf(authority);
  if (options.json) {
    printJson(context, { ...status, leftOut: authority.leftOut, expiresSoon: authority.expiresSoon() });
    return exitCodes.ok;
  }
  const lines = [...statusLines(status)];
  for (const { pattern, reason } of authority.leftOut) {
    lines.push(`not covered  ${shown(pattern)} (${reason}): tunnelled, not decrypted`);
  }
  if (authority.leftOut.some(({ reason }) => reason === "not-in-certificate")) {
    lines.push("             widen the scope: switchyard ca rotate");
  }
  if (authority.expiresSoon()) lines.push("expires soon: switchyard ca rotate");
  printLines(context.stdout, lines);
  return exitCodes.ok;
}

export async function caRotate(context: CommandContext, options: CaOptions): Promise<number> {
  const status = await rotateNow(context);
  if (options.json) printJson(context, status);
  else
    printLines(context.stdout, [
      ...statusLines(status),
      "programs started through switchyard trust it at their next start",
    ]);
  return exitCodes.ok;
}

/** Through the running core, which then uses the new one at once; without one, on the files. */
export async function rotateNow(context: CommandContext): Promise<CaStatus> {
  const core = await findCore(context.paths);
  return core === null ? rotateFiles(context) : core.client.rotateCa();
}

async function rotateFiles(context: CommandContext): Promise<CaStatus> {
  const { rotateAuthority } = await import("../intercept/ca/authority.ts");
  const { refreshTrustFiles } = await import("../intercept/trust/bundle.ts");
  const options = await authorityOptions(context);
  const authority = await rotateAuthority(options);
  await refreshTrustFiles({ dir: options.dir, rootPem: authority.rootPem, random: context.random });
  return statusOf(authority);
}

/** Looking never makes an authority: what has none yet says so. */
async function openExisting(context: CommandContext): Promise<Authority> {
  if (!existsSync(join(context.paths.certsDir, "authority.pem"))) {
    throw new CommandFailure(exitCodes.trust, "no certificate authority has been made yet", {
      why: "the first start makes it",
      next: "switchyard start -d",
    });
  }
  const { openAuthority } = await import("../intercept/ca/authority.ts");
  return openAuthority(await authorityOptions(context));
}

export async function authorityOptions(context: CommandContext): Promise<AuthorityOptions> {
  const { requireConfig } = await import("./load-config.ts");
  const { defaultHosts } = await import("../engine/providers/hosts.ts");
  const { hosts } = requireConfig(context).intercept;
  return {
    dir: context.paths.certsDir,
    // As a core would: the configured hosts, and always the defaults.
    scope: [...new Set([...hosts.filter((host) => host !== "default"), ...defaultHosts])],
    clock: context.clock,
    random: context.random,
  };
}

function statusOf(authority: Authority): CaStatus {
  return {
    fingerprint: authority.fingerprint,
    expiresAt: new Date(authority.expiresAt).toISOString(),
    scope: authority.scope,
    path: authority.files.root,
  };
}

function statusLines(status: CaStatus): readonly string[] {
  return [
    `fingerprint  ${status.fingerprint}`,
    `valid until  ${status.expiresAt}`,
    `file         ${shown(status.path)}`,
    `scope        ${scopeText(status.scope)}`,
  ];
}

/** All of them are a wall of regions; `--json` has it. */
function scopeText(scope: readonly string[]): string {
  const named = scope.slice(0, 3).join(", ");
  const rest = scope.length > 3 ? ` and ${scope.length - 3} more (all: switchyard ca show)` : "";
  return `${named}${rest}; no other host can be impersonated with it`;
}
