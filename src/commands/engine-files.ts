/**
 * The engine as the files of this home tell it, for commands while no core runs: the same verbs as a core's, on the same
 * configuration, store, state file and ledger, but nothing is ever sent. Cooldowns are those that the next start will find.
 */
import { join } from "node:path";
import * as v from "valibot";
import type { RouteAnswer, RouteQuestion } from "../base/controls.ts";
import type { EngineVerbs } from "../base/controls-engine.ts";
import { parseJson } from "../base/json.ts";
import { createRedactor } from "../base/redact.ts";
import { readPrivateFile } from "../base/replace-file.ts";
import { availabilityOf, openAccounts } from "../core/accounts.ts";
import { openConfigFile } from "../core/config-file.ts";
import { createFigures } from "../core/figures.ts";
import { createCounters } from "../core/metrics/counters.ts";
import { createVerbs } from "../core/verbs/index.ts";
import type { Config } from "../engine/config/schema.ts";
import { createViews } from "../engine/pipeline/view.ts";
import { createDiscovery } from "../engine/providers/discover.ts";
import { errorKinds, stateSchema } from "../engine/state/schema.ts";
import type { State } from "../engine/state/state.ts";
import { createUsageLedger } from "../engine/usage/create-ledger.ts";
import { createMetrics } from "../engine/usage/metrics.ts";
import { type CommandContext, shown } from "./context.ts";
import { readConfig, requireConfig } from "./load-config.ts";

export interface EngineFiles {
  readonly verbs: EngineVerbs;
  /** Dry run of the rules with the accounts of file and store. */
  explain(question: RouteQuestion): Promise<RouteAnswer>;
  /** What one rule would do with a call for this model, whatever it waits for and whichever stand before it. */
  explainRule(number: number, model: string): Promise<RouteAnswer | null>;
  readonly close: () => Promise<void>;
}

/** @throws CommandFailure when the configuration file is not valid */
export async function openEngineFiles(context: CommandContext): Promise<EngineFiles> {
  const { paths, env, clock, random } = context;
  const held: { config: Config } = { config: requireConfig(context) };
  const config = (): Config => held.config;
  const tell = (text: string): void => void context.stderr.write(`${shown(text)}\n`);
  const accounts = await openAccounts({
    paths,
    env,
    config,
    send: refuseToSend,
    state: await savedState(paths.stateFile),
    redactor: createRedactor(),
    clock,
    random,
    notice: (level, _area, text) => level === "warn" && tell(`warning: ${text}`),
  });
  const ledger = createUsageLedger({ folder: join(paths.dataDir, "usage"), clock, onTrouble: tell });
  const metrics = createMetrics(clock);
  const discovery = createDiscovery({ send: refuseToSend, clock, random });
  const availability = (): ReturnType<typeof availabilityOf> => availabilityOf(config(), accounts, discovery);
  const configFile = openConfigFile({
    path: paths.configFile,
    env,
    random,
    settings: {
      reload() {
        const read = readConfig(context);
        if (read.config !== null) held.config = read.config;
        const error = read.config === null ? read.problems.join("; ") : null;
        const { path, exists, warnings } = read;
        return Promise.resolve({ path, exists, error, warnings, routes: held.config.routes.length });
      },
    },
  });
  const deps = { config, clock, random, send: refuseToSend, availability };
  const verbs = createVerbs({
    ...deps,
    ...accounts,
    ledger,
    metrics,
    figures: createFigures({ clock, config, ledger, metrics, counters: createCounters(), quota: accounts.quota }),
    discovery,
    editConfig: (path, value) => configFile.edit(path, value),
    editConfigList: (path, change) => configFile.editList(path, change),
    written: () => configFile.written(),
  });
  return {
    verbs,
    async explain(question) {
      const { explain } = await import("../engine/explain.ts");
      return explain({ pool: accounts.pool, availability }, createViews(config)(), question);
    },
    async explainRule(number, model) {
      const rule = config().routes[number - 1];
      if (rule === undefined) return null;
      const alone: Config = { ...config(), routes: [{ ...rule, match: {} }] };
      const { explain } = await import("../engine/explain.ts");
      const question: RouteQuestion = { client: "unknown", host: null, model };
      return explain({ pool: accounts.pool, availability }, createViews(() => alone)(), question);
    },
    async close() {
      await accounts.close();
      await ledger.close();
    },
  };
}

/** A verb that tried to send without a core would be a bug, and spend the user's money. */
function refuseToSend(): Promise<never> {
  return Promise.reject(new Error("nothing is sent while no core runs"));
}

type SavedState = Pick<State, "cooldowns" | "saveCooldowns" | "quota" | "saveQuota">;

/** What the last core left. Only looked at: mending a damaged file is the next start's business. */
async function savedState(path: string): Promise<SavedState> {
  const text = await readPrivateFile(path).catch(() => null);
  const parsed = parseJson(text ?? "");
  const checked = parsed.ok ? v.safeParse(stateSchema, parsed.value) : null;
  const data = checked?.success === true ? checked.output : { cooldowns: [], quota: [] };
  return {
    // A later version's kind is read as the core reads it.
    cooldowns: () =>
      data.cooldowns.map((record) => ({
        ...record,
        kind: errorKinds.find((known) => known === record.kind) ?? "upstream",
      })),
    quota: () => data.quota,
    saveCooldowns: () => Promise.resolve(),
    saveQuota: () => Promise.resolve(),
  };
}
