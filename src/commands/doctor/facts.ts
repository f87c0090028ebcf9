/**
 * What several checks want to know, found out once and shared: checks run at the same time, and whoever asks first makes
 * the others wait for the same answer. Looking changes nothing; `close` ends what was opened for it.
 */
import type { ClientHint } from "../../base/client-hints.ts";
import type { CoreStatus, FlowJson } from "../../base/controls.ts";
import type { AccountJson } from "../../base/controls-engine.ts";
import type { Redactor } from "../../base/redact.ts";
import type { ControlClient } from "../../control/client.ts";
import { findCore } from "../../control/process.ts";
import type { StoredAuthority } from "../../intercept/ca/stored.ts";
import { CaError } from "../../intercept/ca/error.ts";
import type { CommandContext } from "../context.ts";
import type { EngineFiles } from "../engine-files.ts";
import { reasonText } from "./check.ts";
import { type ConfigFact, configFact } from "./config-fact.ts";
import { lookAtPlaces, type SeenPlace } from "./places.ts";
import type { InspectTrust } from "./stores.ts";

export type CoreFact =
  | { readonly kind: "running"; readonly status: CoreStatus; readonly client: ControlClient }
  | { readonly kind: "none" }
  /** Something answers on the socket, or keeps us from it. */
  | { readonly kind: "trouble"; readonly why: string };

export type AuthorityFact =
  | { readonly kind: "none" }
  | { readonly kind: "there"; readonly stored: StoredAuthority }
  | { readonly kind: "broken"; readonly error: CaError };

export type AccountsFact =
  | { readonly kind: "known"; readonly accounts: readonly AccountJson[]; readonly live: boolean }
  | { readonly kind: "unknown"; readonly why: string };

export interface DoctorDeps {
  readonly context: CommandContext;
  /** The one that was named on the command line. */
  readonly client: ClientHint | null;
  readonly nodeVersion: string;
  readonly inspectTrust: InspectTrust;
  readonly redactor: Redactor;
  readonly core: () => Promise<CoreFact>;
  readonly config: () => ConfigFact;
  /** As it lies on the disk, valid today or not; never made for the asking. */
  readonly authority: () => Promise<AuthorityFact>;
  /** Modes and owners of what is ours, from before anything was read: our own readers close open files by themselves. */
  readonly places: () => Promise<readonly SeenPlace[]>;
  readonly accounts: () => Promise<AccountsFact>;
  /** The engine on the files of this home; null when the configuration cannot be used. */
  readonly engine: () => Promise<EngineFiles | null>;
  /** Of the running core, newest first; empty without one. */
  readonly flows: () => Promise<readonly FlowJson[]>;
  readonly close: () => Promise<void>;
}

export interface FactsOptions {
  readonly context: CommandContext;
  readonly client: ClientHint | null;
  readonly redactor: Redactor;
  readonly inspectTrust: InspectTrust;
  readonly nodeVersion?: string;
}

/** More than a person looks back; a full log of a thousand is large. */
const maxFlows = 500;

export function createDeps(options: FactsOptions): DoctorDeps {
  const { context, redactor } = options;
  const { paths } = context;

  const core = once(async (): Promise<CoreFact> => {
    try {
      const found = await findCore(paths);
      return found === null ? { kind: "none" } : { kind: "running", ...found };
    } catch (error) {
      return { kind: "trouble", why: reasonText(error) };
    }
  });
  const config = once(() => {
    const fact = configFact(context);
    for (const { source } of fact.usable?.accounts ?? []) {
      if (source.kind === "key") redactor.register(source.key.reveal());
    }
    return fact;
  });
  const places = once(() => lookAtPlaces(paths));
  const authority = once(async (): Promise<AuthorityFact> => {
    await places();
    const { readStored } = await import("../../intercept/ca/stored.ts");
    try {
      const stored = await readStored(paths.certsDir, process.getuid?.());
      return stored === undefined ? { kind: "none" } : { kind: "there", stored };
    } catch (error) {
      if (error instanceof CaError) return { kind: "broken", error };
      throw error;
    }
  });
  let opened: EngineFiles | null = null;
  const engine = once(async (): Promise<EngineFiles | null> => {
    await places();
    const { env, usable } = config();
    if (usable === null) return null;
    const { openEngineFiles } = await import("../engine-files.ts");
    // What it warns of is said by the checks, in their own place.
    opened = await openEngineFiles({ ...context, env, stderr: { write: () => true } });
    return opened;
  });
  const accounts = once(async (): Promise<AccountsFact> => {
    const running = await core();
    if (running.kind === "running") {
      return { kind: "known", accounts: await running.client.accounts(), live: true };
    }
    const files = await engine();
    if (files === null) return { kind: "unknown", why: "the configuration cannot be used" };
    return { kind: "known", accounts: await files.verbs.accounts(), live: false };
  });
  const flows = once(async (): Promise<readonly FlowJson[]> => {
    const running = await core();
    return running.kind === "running" ? (await running.client.flows(maxFlows)).flows.toReversed() : [];
  });

  return {
    context,
    client: options.client,
    nodeVersion: options.nodeVersion ?? process.versions.node,
    inspectTrust: options.inspectTrust,
    redactor,
    core,
    config,
    authority,
    places,
    accounts,
    engine,
    flows,
    close: async () => opened?.close(),
  };
}

/** Asked once, and by everybody; a failure is shared as well. */
function once<Value>(find: () => Value): () => Value {
  let found: { readonly value: Value } | null = null;
  return () => (found ??= { value: find() }).value;
}
