/**
 * The two files that make clients trust us without installing anything. `bundle.pem` is for variables that replace a
 * trust store, so it holds every root the client had before and ours; `extra.pem` is for variables that add to one.
 * A company's root that the user's own variables named stays in both; roots of ours from before a rotation do not.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { Random } from "../../base/random.ts";
import { preparePrivateDir, publicFileMode, replaceFile } from "../ca/files.ts";
import { certificatesIn, distinctForeign, type PemCertificate } from "./pem.ts";
import { addingVariables, namedByVariables, readStoreFile, replacingVariables, systemStore } from "./sources.ts";
import type { ReadText } from "./sources.ts";

export interface TrustFileOptions {
  /** The folder of the certificates. */
  readonly dir: string;
  readonly rootPem: string;
  /** The environment of the caller, before we add to it: what its variables named must not get lost. */
  readonly env: NodeJS.ProcessEnv;
  readonly random: Random;
  readonly readText?: ReadText;
}

export interface TrustFile {
  readonly path: string;
  readonly certificates: number;
  /** Whether the file was written now; an unchanged one is left alone, because clients may be reading it. */
  readonly written: boolean;
  readonly warnings: readonly string[];
}

/** Writes `bundle.pem`, for the variables in `replacingVariables`. @throws CaError when the disk refuses */
export async function writeBundle(options: TrustFileOptions): Promise<TrustFile> {
  const readText = options.readText ?? readStoreFile;
  const named = await namedByVariables([...replacingVariables, ...addingVariables], options.env, readText);
  const base = await baseRoots(options.env, readText);
  return await writeTrustFile(bundlePath(options.dir), options, [...base, ...named.certificates], named.warnings);
}

/** What `bundle.pem` would hold now, without writing it: for a person to take elsewhere. */
export async function bundleText(
  options: Pick<TrustFileOptions, "rootPem" | "env" | "readText">,
): Promise<{ readonly text: string; readonly warnings: readonly string[] }> {
  const readText = options.readText ?? readStoreFile;
  const named = await namedByVariables([...replacingVariables, ...addingVariables], options.env, readText);
  const base = await baseRoots(options.env, readText);
  return { text: textOf(options.rootPem, [...base, ...named.certificates]), warnings: named.warnings };
}

/** Writes `extra.pem`, for the variables in `addingVariables`. @throws CaError when the disk refuses */
export async function writeExtraCa(options: TrustFileOptions): Promise<TrustFile> {
  const named = await namedByVariables(addingVariables, options.env, options.readText ?? readStoreFile);
  return await writeTrustFile(extraPath(options.dir), options, named.certificates, named.warnings);
}

/**
 * After a rotation: puts the new root in the place of the old one in those trust files that exist, and leaves the rest
 * of them as it is. Programs that were started with these files trust the new root when they next read them.
 */
export async function refreshTrustFiles(
  options: Pick<TrustFileOptions, "dir" | "rootPem" | "random">,
): Promise<readonly TrustFile[]> {
  const files: TrustFile[] = [];
  for (const path of [bundlePath(options.dir), extraPath(options.dir)]) {
    const text = await readOwnFile(path);
    if (text !== undefined) files.push(await writeTrustFile(path, options, certificatesIn(text), []));
  }
  return files;
}

/** What a client without any variable would trust. SSL_CERT_FILE replaces it, and is read with the other variables. */
async function baseRoots(env: NodeJS.ProcessEnv, readText: ReadText): Promise<readonly PemCertificate[]> {
  // Foreign ones only: a shell that trusts our root alone must not turn the bundle into a store of one.
  const chosen = distinctForeign((await namedByVariables(["SSL_CERT_FILE"], env, readText)).certificates);
  if (chosen.length > 0) return chosen;
  const system = await systemStore(readText);
  return system.length > 0 ? system : certificatesIn(rootCertificates.join("\n"));
}

async function writeTrustFile(
  path: string,
  options: Pick<TrustFileOptions, "dir" | "rootPem" | "random">,
  roots: readonly PemCertificate[],
  warnings: readonly string[],
): Promise<TrustFile> {
  const others = distinctForeign(roots);
  const text = textOf(options.rootPem, others);
  const written = (await readOwnFile(path)) !== text;
  if (written) {
    await preparePrivateDir(options.dir, process.getuid?.());
    await replaceFile(path, text, publicFileMode, options.random);
  }
  return { path, certificates: others.length + 1, written, warnings };
}

/** Ours first: whoever opens the file to see what was added finds it at the top. */
function textOf(rootPem: string, roots: readonly PemCertificate[]): string {
  return (
    rootPem +
    distinctForeign(roots)
      .map((certificate) => certificate.pem)
      .join("")
  );
}

/** Undefined when the file is missing or cannot be read; it is then written anew, and that says what is wrong. */
async function readOwnFile(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(() => undefined);
}

function bundlePath(dir: string): string {
  return join(dir, "bundle.pem");
}

function extraPath(dir: string): string {
  return join(dir, "extra.pem");
}
