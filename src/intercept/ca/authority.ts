/**
 * The local certificate authority: opens or makes it, and mints a TLS context per host. A root that can sign nothing
 * any more, an intermediate limited to the provider hosts, leafs in memory. Why: docs/decisions/0002-certificates.md.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SecureContext } from "node:tls";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { makeChain } from "./chain.ts";
import { CaError } from "./error.ts";
import {
  preparePrivateDir,
  privateFileMode,
  publicFileMode,
  publishNew,
  replaceFile,
  sweepTemporaries,
} from "./files.ts";
import type { OwnerId } from "./files.ts";
import { parseHost } from "./host-name.ts";
import { createLeafCache } from "./leaf-cache.ts";
import { makeLeaf, type Leaf } from "./leaf.ts";
import { recordRoot } from "./ledger.ts";
import { createMintBudget } from "./mint-budget.ts";
import {
  assertUsable,
  permits,
  planScope,
  planWithin,
  type Expansions,
  type LeftOut,
  type ScopePlan,
} from "./scope.ts";
import { assertValidAt, authorityPath, readStored, storedText, type StoredAuthority } from "./stored.ts";

export interface AuthorityOptions {
  /** The folder of the certificates, made with mode 0700 when missing. */
  readonly dir: string;
  /** Hosts and `*.suffix` patterns that certificates may be made for. */
  readonly scope: readonly string[];
  /** Hosts to take instead of a pattern that no constraint can express. */
  readonly expansions?: Expansions;
  readonly clock: Clock;
  readonly random: Random;
  /** Whose files these must be; the current user unless a test says otherwise. */
  readonly owner?: OwnerId;
}

export interface Authority {
  readonly rootPem: string;
  /** The intermediate, then the root. */
  readonly chainPem: string;
  /** SHA-256 of the root, hex with colons as openssl prints it. */
  readonly fingerprint: string;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly expiresAt: number;
  /** What the certificates permit, whatever the configuration says now: each name and all names below it. */
  readonly scope: readonly string[];
  /** Configured patterns that these certificates do not cover, and why: calls to them are tunnelled. */
  readonly leftOut: readonly LeftOut[];
  readonly files: { /** The root certificate, for people and programs to trust. */ readonly root: string };
  /** Time to say `switchyard ca rotate`: thirty days or less are left. */
  expiresSoon(): boolean;
  /** Whether clients would accept a certificate for this host. False for anything that is not a host name. */
  inScope(host: string): boolean;
  /** A server context for one host: leaf and intermediate, TLS 1.2 and 1.3. Cached; a new one takes a few ms. @throws CaError */
  contextFor(host: string): SecureContext;
  /** Whether `contextFor` finds it made: making one takes some three milliseconds. */
  hasContext(host: string): boolean;
}

const warnBeforeMs = 30 * 86_400_000;

/** Opens the authority of this folder, or makes it when there is none. @throws CaError */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const owner = ownerOf(options);
  await preparePrivateDir(options.dir, owner);
  const plan = planScope(options.scope, options.expansions);
  const stored = (await readStored(options.dir, owner)) ?? (await createStored(options, plan, owner));
  assertValidAt(stored, options.clock.now());
  await recordRoot(options.dir, stored.rootPem, owner);
  return createAuthority(await publishRoot(options, stored, owner), plan, options);
}

/**
 * Makes a new root and intermediate for the scope given now and puts them in the place of the old ones, whatever
 * state those are in. The old root stays listed in the folder's ledger. Leafs of authorities opened before stay theirs.
 * @throws CaError
 */
export async function rotateAuthority(options: AuthorityOptions): Promise<Authority> {
  const owner = ownerOf(options);
  await preparePrivateDir(options.dir, owner);
  const plan = planScope(options.scope, options.expansions);
  assertUsable(plan);
  await sweepTemporaries(options.dir, options.clock.now());
  const chain = makeChain(plan.names, options.clock.now(), options.random);
  // Listed before it can be trusted, so that no rotation, cut short or raced, leaves a root nobody knows of.
  await recordRoot(options.dir, chain.rootPem, owner);
  await replaceFile(authorityPath(options.dir), storedText(chain), privateFileMode, options.random);
  const stored = await publishRoot(options, await readPublished(options.dir, owner), owner);
  return createAuthority(stored, plan, options);
}

async function createStored(options: AuthorityOptions, plan: ScopePlan, owner: OwnerId): Promise<StoredAuthority> {
  assertUsable(plan);
  await sweepTemporaries(options.dir, options.clock.now());
  const chain = makeChain(plan.names, options.clock.now(), options.random);
  await publishNew(authorityPath(options.dir), storedText(chain), privateFileMode, options.random);
  // Ours, or that of a process which started at the same moment and was first.
  return await readPublished(options.dir, owner);
}

async function readPublished(dir: string, owner: OwnerId): Promise<StoredAuthority> {
  const stored = await readStored(dir, owner);
  if (stored === undefined) {
    throw new CaError("storage", `the certificate authority in ${dir} was removed while it was made`, "try again");
  }
  return stored;
}

/**
 * Brings `root.pem` in line with the authority file. Whoever writes it looks again afterwards, so the last writer of
 * several has always seen the authority that won; a crash in between is put right by the next start.
 */
async function publishRoot(
  options: AuthorityOptions,
  first: StoredAuthority,
  owner: OwnerId,
): Promise<StoredAuthority> {
  const path = rootPath(options.dir);
  let stored = first;
  while ((await readFile(path, "utf8").catch(() => "")) !== stored.rootPem) {
    await replaceFile(path, stored.rootPem, publicFileMode, options.random);
    stored = await readPublished(options.dir, owner);
  }
  return stored;
}

function createAuthority(stored: StoredAuthority, plan: ScopePlan, options: AuthorityOptions): Authority {
  const { clock, random } = options;
  const leafs = createLeafCache();
  const budget = createMintBudget(clock);
  const inScope = (host: string): boolean => {
    const parsed = parseHost(host);
    return parsed.kind === "name" && permits(stored.scope, parsed.name);
  };
  const mint = (name: string, now: number): Leaf => {
    if (budget.take()) return makeLeaf(name, stored.issuer, now, random);
    throw new CaError("busy", "too many new hosts at once to make certificates for", "wait a moment, then try again");
  };
  return {
    rootPem: stored.rootPem,
    chainPem: stored.issuer.pem + stored.rootPem,
    fingerprint: stored.fingerprint,
    notBefore: stored.notBefore,
    expiresAt: stored.expiresAt,
    scope: stored.scope,
    leftOut: planWithin(plan, stored.scope),
    files: { root: rootPath(options.dir) },
    expiresSoon: () => stored.expiresAt - clock.now() <= warnBeforeMs,
    inScope,
    contextFor(host) {
      const name = certifiableName(host, stored.scope);
      const now = clock.now();
      assertValidAt(stored, now);
      return leafs.get(name, now, () => mint(name, now)).context;
    },
    hasContext(host) {
      const parsed = parseHost(host);
      return parsed.kind === "name" && leafs.has(parsed.name, clock.now());
    },
  };
}

/** @throws CaError for anything a client would refuse a certificate for. Messages repeat only names that parsed. */
function certifiableName(host: string, scope: readonly string[]): string {
  const parsed = parseHost(host);
  if (parsed.kind === "invalid") {
    throw new CaError(
      "bad-host",
      `no certificate for something that is not a host: ${parsed.why}`,
      "ask for a host name",
    );
  }
  if (parsed.kind === "address") {
    throw new CaError("bad-host", "certificates are never made for addresses", "ask for a host name");
  }
  if (permits(scope, parsed.name)) return parsed.name;
  const fix = "add it to intercept.hosts, then: switchyard ca rotate";
  throw new CaError("out-of-scope", `${parsed.name} is outside what the certificates may vouch for`, fix);
}

function rootPath(dir: string): string {
  return join(dir, "root.pem");
}

function ownerOf(options: AuthorityOptions): OwnerId {
  return options.owner ?? process.getuid?.();
}
